import { apiPage, openApiFile } from './api-page.js';
import { cliPage } from './cli-page.js';
import { configurationPage } from './configuration-page.js';
import { doctorPage } from './doctor-page.js';
import { errorsPage } from './errors-page.js';
import { manPage } from './man-page.js';
import { metricsPage } from './metrics-page.js';

/** The reference pages that are printed from tables: their text by their path in the repository. */
export function referencePages(): Readonly<Record<string, string>> {
  return {
    'docs/operating/api.md': apiPage(),
    'docs/operating/openapi.json': openApiFile(),
    'docs/operating/cli.md': cliPage(),
    'docs/operating/configuration.md': configurationPage(),
    'docs/operating/doctor.md': doctorPage(),
    'docs/operating/errors.md': errorsPage(),
    'docs/operating/metrics.md': metricsPage(),
    'man/port-status.1': manPage(),
  };
}

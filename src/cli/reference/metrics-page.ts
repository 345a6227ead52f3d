import { METRICS } from '../../runtime/metrics.js';
import { code, page, tableOf } from './markdown.js';

export function metricsPage(): string {
  return page('Metrics', 'src/runtime/metrics.ts', [
    'Served by the server and the agent at `/metrics` (option `http.listen`), in the text format of Prometheus.',
    tableOf(
      ['Metric', 'Type', 'Labels', 'Meaning'],
      Object.values(METRICS).map((row) => [
        code(row.name),
        row.type,
        'labels' in row ? row.labels.map(code).join(', ') : '',
        row.help,
      ]),
    ),
  ]);
}

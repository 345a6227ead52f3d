import { METRICS } from '../../runtime/metrics-table.js';
import { code, page, tableOf } from './markdown.js';

export function metricsPage(): string {
  return page('Metrics', 'src/runtime/metrics-table.ts', [
    'Served by the server and the agent at `/metrics` (option `http.listen`), in the text format of Prometheus; each serves its own and those of both.',
    tableOf(
      ['Metric', 'Of', 'Type', 'Labels', 'Meaning'],
      Object.values(METRICS).map((row) => [
        code(row.name),
        'of' in row ? row.of : 'both',
        row.type,
        'labels' in row ? row.labels.map(code).join(', ') : '',
        row.help,
      ]),
    ),
  ]);
}

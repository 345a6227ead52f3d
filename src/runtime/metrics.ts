import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { METRICS, SECONDS } from './metrics-table.js';
import type { Program, Row } from './metrics-table.js';

interface Kinds {
  counter: Counter;
  gauge: Gauge;
  histogram: Histogram;
}

/** The program's metrics, each under its name in METRICS. */
export type Metrics = { readonly [Name in keyof typeof METRICS]: Kinds[(typeof METRICS)[Name]['type']] } & {
  readonly registry: Registry;
};

/** What `port_status_build_info` says. */
export interface Build {
  readonly program: Program;
  readonly version: string;
}

/**
 * Makes all metrics, and registers those of the program.
 *
 * @param build whose they are; absent where nobody serves them: all are registered then.
 */
export function createMetrics(build?: Build): Metrics {
  const registry = new Registry();
  const rows: readonly (readonly [string, Row])[] = Object.entries(METRICS);
  const created = Object.fromEntries(
    rows.map(([key, row]) => [key, createMetric(row, isOf(row, build?.program) ? [registry] : [])]),
  );
  const metrics = { ...created, registry } as unknown as Metrics;
  if (build !== undefined) metrics.buildInfo.set({ ...build, node: process.version }, 1);
  return metrics;
}

/** Whether a program shows that row. */
function isOf({ of }: Row, program: Program | undefined): boolean {
  return of === undefined || program === undefined || of === program;
}

function createMetric(
  { type, name, help, labels = [], buckets = SECONDS }: Row,
  registers: Registry[],
): Counter | Gauge | Histogram {
  const common = { name, help, labelNames: [...labels], registers };
  switch (type) {
    case 'counter':
      return new Counter(common);
    case 'gauge':
      return new Gauge(common);
    case 'histogram':
      return new Histogram({ ...common, buckets: [...buckets] });
  }
}

import type { Registry } from 'prom-client';

/** One value of a metric; of a histogram each bucket, the sum and the count. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** Of our own metrics; those of Node.js are in /metrics alone. */
const PREFIX = 'port_status_';

/** What a registry has of our own. */
export async function samplesOf(registry: Registry): Promise<readonly Sample[]> {
  const all = await registry.getMetricsAsJSON();
  return all
    .filter(({ name }) => name.startsWith(PREFIX))
    .flatMap(({ name, values }) =>
      values.map((one) => ({ name: nameOf(one, name), labels: labelsOf(one.labels), value: one.value })),
    );
}

/** The same, from what `/metrics` of another process says. */
export function parseSamples(text: string): readonly Sample[] {
  return [...text.matchAll(/^(port_status_\w+)(?:\{(.*)\})? (\S+)$/gm)].map(
    ([, name = '', labels = '', value]) => ({
      name,
      labels: Object.fromEntries(
        [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', text = '']) => [label, text]),
      ),
      value: Number(value),
    }),
  );
}

/** The sum over all samples of that name that bear these labels. */
export function sumOf(samples: readonly Sample[], name: string, labels: Sample['labels'] = {}): number {
  const wanted = Object.entries(labels);
  return samples
    .filter((one) => one.name === name && wanted.every(([label, value]) => one.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}

/** Of a histogram each value has a name of its own. */
function nameOf(value: object, name: string): string {
  return 'metricName' in value && typeof value.metricName === 'string' ? value.metricName : name;
}

function labelsOf(labels: Readonly<Partial<Record<string, string | number>>>): Sample['labels'] {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

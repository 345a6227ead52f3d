import type { Registry } from 'prom-client';
import { z } from 'zod';
import { chassisCountSchema, countChassis, listChassis } from '../views/chassis.js';
import type { ChassisCount } from '../views/chassis.js';
import { listenerSchema, listListeners } from '../views/listeners.js';
import type { ApiSources } from './api.js';

/** How a cloud stands, as one server sees it. */
export const overviewSchema = z.object({
  atMs: z.number().meta({ description: "Milliseconds since 1970, by this server's clock." }),
  server: z.string().meta({ description: 'The name of the server that says so.' }),
  isPaused: z.boolean().meta({ description: 'Whether an operator has paused all writing.' }),
  listeners: z.array(listenerSchema),
  chassis: chassisCountSchema.meta({ description: 'Counted every ten seconds.' }),
  metrics: z
    .array(
      z.object({
        name: z.string(),
        labels: z.record(z.string(), z.union([z.string(), z.number()])),
        value: z.number(),
      }),
    )
    .meta({
      description: 'What this server counts, as in /metrics; of a histogram its buckets, sum and count.',
    }),
});

export type Overview = z.infer<typeof overviewSchema>;

export interface OverviewSources extends Pick<ApiSources, 'northbound' | 'neutron' | 'rules'> {
  readonly server: string;
  readonly registry: Registry;
  readonly clock: { now(): number; monotonicMs(): number };
}

/** Chassis may be many thousands: they are counted so often. */
const COUNT_MS = 10_000;

/** Of our own; those of Node.js are in /metrics. */
const PREFIX = 'port_status_';

/** Looks at everything, time after time. */
export class Overlook {
  readonly #sources: OverviewSources;
  #count: { readonly chassis: ChassisCount; readonly atMs: number } | undefined;

  constructor(sources: OverviewSources) {
    this.#sources = sources;
  }

  async look(): Promise<Overview> {
    const { northbound, neutron, server, clock } = this.#sources;
    return {
      server,
      isPaused: await neutron.isPaused(),
      listeners: [...(await listListeners(northbound))],
      chassis: await this.#countChassis(),
      metrics: await this.#readMetrics(),
      atMs: clock.now(),
    };
  }

  async #countChassis(): Promise<ChassisCount> {
    const { northbound, rules, clock } = this.#sources;
    const atMs = clock.monotonicMs();
    if (this.#count === undefined || atMs - this.#count.atMs >= COUNT_MS)
      this.#count = { chassis: countChassis(await listChassis(northbound, rules)), atMs };
    return this.#count.chassis;
  }

  async #readMetrics(): Promise<Overview['metrics']> {
    const all = await this.#sources.registry.getMetricsAsJSON();
    return all
      .filter(({ name }) => name.startsWith(PREFIX))
      .flatMap(({ name, values }) =>
        values.map((one) => ({ name: nameOf(one, name), labels: labelsOf(one.labels), value: one.value })),
      );
  }
}

/** Of a histogram each value has a name of its own. */
function nameOf(value: object, name: string): string {
  return 'metricName' in value && typeof value.metricName === 'string' ? value.metricName : name;
}

function labelsOf(
  labels: Readonly<Partial<Record<string, string | number>>>,
): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

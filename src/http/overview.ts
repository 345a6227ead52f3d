import { z } from 'zod';
import type { Sample } from '../runtime/samples.js';
import { chassisCountSchema, countChassis, listChassis } from '../views/chassis.js';
import type { ChassisCount } from '../views/chassis.js';
import { listenerSchema, listListeners } from '../views/listeners.js';
import type { ApiSources } from './api.js';

/** As src/runtime/samples.ts has it. */
const sampleSchema = z.object({
  name: z.string(),
  labels: z.record(z.string(), z.union([z.string(), z.number()])),
  value: z.number(),
});

/** How a cloud stands, as one server sees it. */
export const overviewSchema = z.object({
  atMs: z.number().meta({ description: "Milliseconds since 1970, by this server's clock." }),
  server: z
    .string()
    .optional()
    .meta({ description: 'The name of the server that says so; absent in the demo, which adds up all.' }),
  isDemo: z
    .boolean()
    .meta({ description: 'Whether the page may kill servers and boot VMs: in the demo alone.' }),
  isPaused: z.boolean().meta({ description: 'Whether an operator has paused all writing.' }),
  listeners: z.array(listenerSchema),
  chassis: chassisCountSchema.meta({ description: 'Counted every ten seconds.' }),
  metrics: z.array(sampleSchema).meta({
    description: 'What this server counts, as in /metrics; of a histogram its buckets, sum and count.',
  }),
});

export type Overview = z.infer<typeof overviewSchema>;

export interface OverviewSources extends Pick<ApiSources, 'northbound' | 'neutron' | 'rules'> {
  /** The server's name; absent in the demo. */
  readonly server?: string | undefined;
  /** What the server counts; in the demo, what all do. */
  readonly readMetrics: () => Promise<readonly Sample[]>;
  readonly clock: { now(): number; monotonicMs(): number };
}

/** Chassis may be many thousands: they are counted so often. */
const COUNT_MS = 10_000;

/** Looks at everything, time after time. */
export class Overlook {
  readonly #sources: OverviewSources;
  #count: { readonly chassis: ChassisCount; readonly atMs: number } | undefined;

  constructor(sources: OverviewSources) {
    this.#sources = sources;
  }

  async look(): Promise<Overview> {
    const { northbound, neutron, server, readMetrics, clock } = this.#sources;
    return {
      server,
      isDemo: server === undefined,
      isPaused: await neutron.isPaused(),
      listeners: [...(await listListeners(northbound))],
      chassis: await this.#countChassis(),
      metrics: [...(await readMetrics())],
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
}

import { z } from 'zod';
import { AGENT_SILENT_MS, chassisStateOf } from '../domain/chassis-silence.js';
import type { ChassisView, Northbound } from '../northbound/northbound.js';
import { findKept, policyOf } from './silent-chassis.js';

/** What an operator sees of one chassis. */
export const chassisSchema = z.object({
  chassis: z.string().meta({ description: 'The compute node: binding:host_id in Neutron.' }),
  state: z.enum(['live', 'late', 'lapsed']).meta({
    description:
      'live: heard of within 3 × agent.heartbeatMs; lapsed: silent for chassis.downAfterMs, or for 65 s where that is not set.',
  }),
  ageMs: z.number().meta({ description: "Since its last word, by the northbound database's clock." }),
  isComplete: z
    .boolean()
    .meta({ description: 'Whether every port of it is published in the present incarnation.' }),
  hold: z
    .object({
      id: z.string(),
      ports: z.int(),
      sinceMs: z.number().meta({ description: "Milliseconds since 1970, by the chassis' clock." }),
    })
    .optional()
    .meta({ description: "What its agent's guard holds back; absent where it holds nothing." }),
  isKept: z.boolean().meta({
    description:
      'Whether servers keep its ports as they are, although it is silent, because so many are at once.',
  }),
  version: z.string().optional().meta({ description: "Its agent's version." }),
});

export type ListedChassis = Readonly<z.infer<typeof chassisSchema>>;

/** The options that decide how chassis stand. */
export interface ChassisRules {
  readonly heartbeatMs: number;
  readonly downAfterMs: number | undefined;
  readonly downMostPercent: number | undefined;
}

/** Every registered chassis, sorted by name. Does not read the reports. */
export async function listChassis(
  northbound: Northbound,
  { heartbeatMs, ...silence }: ChassisRules,
): Promise<readonly ListedChassis[]> {
  const incarnation = await northbound.incarnation();
  const views = await northbound.chassis();
  const kept = new Set(await findKept(northbound, views, policyOf(silence)));
  const limits = { heartbeatMs, lapsedAfterMs: silence.downAfterMs ?? AGENT_SILENT_MS };
  return views.map((view) => list(view, incarnation, kept, limits));
}

function list(
  { chassis, ageMs, version, complete, hold }: ChassisView,
  incarnation: string,
  kept: ReadonlySet<string>,
  limits: Parameters<typeof chassisStateOf>[1],
): ListedChassis {
  const isComplete = complete?.incarnation === incarnation;
  return {
    chassis,
    state: chassisStateOf(ageMs, limits),
    ageMs,
    isComplete,
    hold,
    isKept: kept.has(chassis),
    version,
  };
}

/** How many chassis stand how. */
export const chassisCountSchema = z.object({
  live: z.int(),
  late: z.int(),
  lapsed: z.int(),
  incomplete: z.int(),
  holding: z.int().meta({ description: 'Those whose guard holds something back.' }),
});

export type ChassisCount = z.infer<typeof chassisCountSchema>;

export function countChassis(all: readonly ListedChassis[]): ChassisCount {
  const count: ChassisCount = { live: 0, late: 0, lapsed: 0, incomplete: 0, holding: 0 };
  for (const { state, isComplete, hold } of all) {
    count[state] += 1;
    if (!isComplete) count.incomplete += 1;
    if (hold !== undefined) count.holding += 1;
  }
  return count;
}

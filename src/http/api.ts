import { z } from 'zod';
import type { Neutron } from '../neutron/neutron.js';
import type { Northbound } from '../northbound/northbound.js';
import { chassisCountSchema, chassisSchema, countChassis, listChassis } from '../views/chassis.js';
import type { ChassisRules } from '../views/chassis.js';
import { explainPorts } from '../views/explain.js';
import type { PortSources } from '../views/explain.js';
import { listTopics, listWaitedListeners, topicSchema, waitedListenerSchema } from '../views/listeners.js';
import { describeQuarantined, listProspects, quarantinedReportSchema } from '../views/quarantine.js';
import { describePorts, listStuck, portSchema, stuckListSchema } from '../views/port.js';

/** What the API reads: a server's own connections. It never writes. */
export interface ApiSources {
  readonly northbound: Northbound;
  readonly neutron: Neutron;
  readonly rules: ChassisRules;
  /** Nova's vif_plugging_timeout, in milliseconds. */
  readonly novaWaitsMs: number;
}

/** One thing that may be asked. */
export interface Route {
  /** As OpenAPI writes it: `/api/v1/ports/{wanted}`. */
  readonly path: string;
  readonly summary: string;
  /** What stands in the path and behind the question mark, all as text. */
  readonly asked: z.ZodObject;
  readonly answer: z.ZodType;
  read(sources: ApiSources, asked: unknown): Promise<unknown>;
}

function route<Asked extends z.ZodObject, Answer extends z.ZodType>(one: {
  readonly path: string;
  readonly summary: string;
  readonly asked: Asked;
  readonly answer: Answer;
  read(sources: ApiSources, asked: z.infer<Asked>): Promise<z.input<Answer>>;
}): Route {
  return { ...one, read: (sources, asked) => one.read(sources, one.asked.parse(asked)) };
}

const nothing = z.object({});

function limit(most: number): z.ZodDefault<z.ZodCoercedNumber> {
  return z.coerce
    .number()
    .int()
    .min(1)
    .max(most)
    .default(100)
    .meta({ description: 'The most that are listed.' });
}

/** Everything that may be asked, in the order of the documentation. */
export const ROUTES: readonly Route[] = [
  route({
    path: '/api/v1/listeners',
    summary: 'The servers that are registered, and how they stand',
    asked: nothing,
    answer: z.object({ listeners: z.array(waitedListenerSchema) }),
    read: async ({ northbound }) => ({ listeners: [...(await listWaitedListeners(northbound))] }),
  }),
  route({
    path: '/api/v1/topics',
    summary: 'Where reports wait, also where no server that is registered has them',
    asked: nothing,
    answer: z.object({ topics: z.array(topicSchema) }),
    read: async ({ northbound }) => ({ topics: [...(await listTopics(northbound))] }),
  }),
  route({
    path: '/api/v1/chassis',
    summary: 'The chassis that are registered, sorted by name, and how many there are in each state',
    asked: z.object({
      state: chassisSchema.shape.state.optional().meta({ description: 'Only those in this state.' }),
      name: z.string().default('').meta({ description: 'Only those that have this in their name.' }),
      after: z
        .string()
        .optional()
        .meta({ description: 'Only those behind this name: the last of the page before.' }),
      limit: limit(10_000),
    }),
    answer: z.object({
      count: chassisCountSchema,
      found: z.int().meta({ description: 'How many are in that state and have that name, on all pages.' }),
      chassis: z.array(chassisSchema),
    }),
    read: async ({ northbound, rules }, { state, name, after = '', limit: most }) => {
      const all = await listChassis(northbound, rules);
      const found = all.filter(
        (one) => (state === undefined || one.state === state) && one.chassis.includes(name),
      );
      const page = found.filter((one) => one.chassis > after).slice(0, most);
      return { count: countChassis(all), found: found.length, chassis: page };
    },
  }),
  route({
    path: '/api/v1/ports/{wanted}',
    summary: 'Why a port is not up: what happened to it, the first stage that is missing, and the next step',
    asked: z.object({
      wanted: z.string().meta({
        description:
          "A port's id, MAC address or device name, or the id of a Nova server: then all its ports.",
      }),
    }),
    answer: z.object({ ports: z.array(portSchema) }),
    read: async (sources, { wanted }) => {
      const explained = await explainPorts(portSources(sources), await sources.neutron.stories(wanted));
      return { ports: [...describePorts(wanted, explained)] };
    },
  }),
  route({
    path: '/api/v1/stuck',
    summary:
      'The ports that Nova waits for, those first that it will give up first; last those whose VM may just have been stopped',
    asked: z.object({ limit: limit(1000) }),
    answer: stuckListSchema,
    read: async (sources, { limit: most }) => {
      const { neutron, novaWaitsMs } = sources;
      const awaited = await neutron.awaited({ withinMs: novaWaitsMs, limit: most + 1 });
      return listStuck(await explainPorts(portSources(sources), awaited), most);
    },
  }),
  route({
    path: '/api/v1/quarantine',
    summary: 'The reports that can never be written, the oldest first',
    asked: z.object({ limit: limit(1000) }),
    answer: z.object({ reports: z.array(quarantinedReportSchema) }),
    read: async ({ northbound, neutron }, { limit: most }) => {
      const listed = await listProspects(northbound, await neutron.listQuarantined(most));
      return { reports: listed.map(describeQuarantined) };
    },
  }),
];

function portSources({ northbound, neutron, rules, novaWaitsMs }: ApiSources): PortSources {
  return { northbound, neutron, novaWaitsMs, heartbeatMs: rules.heartbeatMs };
}

/** What is asked for by a path and its query; undefined where there is no such route. */
export function findRoute(
  url: URL,
): { readonly route: Route; readonly asked: Readonly<Record<string, string>> } | undefined {
  for (const one of ROUTES) {
    const pattern = new RegExp(`^${one.path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')}$`);
    const found = pattern.exec(url.pathname);
    if (found === null) continue;
    const named = Object.entries(found.groups ?? {}).map(([name, value]) => [name, decode(value)] as const);
    return { route: one, asked: Object.fromEntries([...url.searchParams, ...named]) };
  }
  return undefined;
}

/** What is not encoded as it should be stands for itself: nothing is found by it. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

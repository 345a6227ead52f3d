import { z } from 'zod';
import { parseJson } from '../../domain/json.js';
import type { ReportKey } from '../../domain/report.js';
import { UNASSIGNED } from '../place.js';

/** Version of the layout, kept in `meta`. Data of another version is refused, never converted. */
export const LAYOUT = 1;

/**
 * Where everything stands, under `/<namespace>/`. Names are as they are: none has a `/` in it.
 *
 * | key | value | who writes it |
 * |---|---|---|
 * | `meta` | `{"layout":1,"incarnation":"9f86…","origin":"324952591200643719"}`: see meta.ts | servers |
 * | `listeners/<id>` | a registration: `{"generation":"12-9f86…","number":12,"ttlMs":3000,"versions":[1],"program":"0.1.0"}`, with `isDraining` and `isFenced` where they hold | servers |
 * | `alive/<id>` | `{"generation":"12-9f86…","timestamp":1795405481123}`, with `done` (`{"forMs":61000,"received":120,"written":118,"told":40}`) from the first heartbeat on, written with every heartbeat. Hangs on a lease of the listener's ttl: it is gone when that has lapsed | servers |
 * | `left/<id>` | nothing: this listener has left its topic to be taken over | servers |
 * | `chassis/<c>/registration` | `{"token":"41d0…","number":3}` | agent, server |
 * | `chassis/<c>/revision` | the greatest revision that it gave: `1795405481123456` | agent, server |
 * | `chassis/<c>/words` | its last word: `{"timestamp":1795405481123,"version":"0.1.0"}`, with `hold` where there is one | agent |
 * | `chassis/<c>/complete` | `{"revision":1795405481123456,"incarnation":"9f86…"}` | agent |
 * | `chassis/<c>/approved` | what was approved last: the id of a hold, or a beat | operator |
 * | `reports/<c>/<p>` | a record, its place in it: `{"revision":1795405481123456,"version":1,"isDown":false,"body":"{…}","incarnation":"9f86…","publishedAt":1795405481123,"pendingSince":1795405481123,"place":"n1"}`; without `place` once it was acknowledged | agent, servers |
 * | `topics/<id>/<c>/<p>` | a pointer to a record that is pending there: `1795405481123`, since when. Its position is the revision in which it came into being | agent, servers |
 * | `unassigned/<c>/<p>` | the same for what is in nobody's topic | agent, servers |
 * | `doubts/<c>` | an incarnation that has lost writes of this chassis: a server begins another | agent |
 *
 * A record and its pointer are written in one transaction, so no crash comes between. Timestamps are those of the writer's
 * own clock: shown and measured, never decided upon.
 */
export class Keys {
  readonly root: string;
  readonly meta: string;
  readonly listeners: string;
  readonly alive: string;
  readonly left: string;
  readonly chassis: string;
  readonly doubts: string;

  constructor(namespace: string) {
    this.root = `/${namespace}/`;
    this.meta = `${this.root}meta`;
    this.listeners = `${this.root}listeners/`;
    this.alive = `${this.root}alive/`;
    this.left = `${this.root}left/`;
    this.chassis = `${this.root}chassis/`;
    this.doubts = `${this.root}doubts/`;
  }

  /** All that a chassis says of itself. */
  aboutChassis(chassis: string): string {
    return `${this.chassis}${chassis}/`;
  }

  reports(chassis: string): string {
    return `${this.root}reports/${chassis}/`;
  }

  report({ chassis, portId }: ReportKey): string {
    return this.reports(chassis) + portId;
  }

  /** Of a listener, or the UNASSIGNED. */
  topic(place: string): string {
    return place === UNASSIGNED ? `${this.root}unassigned/` : `${this.root}topics/${place}/`;
  }

  pointer(place: string, { chassis, portId }: ReportKey): string {
    return `${this.topic(place)}${chassis}/${portId}`;
  }
}

/** What a pointer of that topic points to; undefined where it can not be one of ours. */
export function parsePointer(topic: string, key: string): ReportKey | undefined {
  const [, chassis, portId] = /^([^/]+)\/(.+)$/.exec(key.slice(topic.length)) ?? [];
  return chassis === undefined || portId === undefined ? undefined : { chassis, portId };
}

const metaSchema = z.object({ layout: z.number(), incarnation: z.string(), origin: z.string() });

const listenerSchema = z.object({
  generation: z.string(),
  number: z.number(),
  ttlMs: z.number(),
  versions: z.array(z.number()).readonly(),
  program: z.string(),
  isDraining: z.literal(true).optional(),
  isFenced: z.literal(true).optional(),
});

const aliveSchema = z.object({
  generation: z.string(),
  timestamp: z.number(),
  done: z
    .object({ forMs: z.number(), received: z.number(), written: z.number(), told: z.number() })
    .optional(),
});

const registrationSchema = z.object({ token: z.string(), number: z.number() });

const revisionSchema = z.number();

const wordsSchema = z.object({
  timestamp: z.number(),
  version: z.string().optional(),
  hold: z.object({ id: z.string(), ports: z.number(), sinceMs: z.number() }).optional(),
});

const completeSchema = z.object({ revision: z.number(), incarnation: z.string() });

const reportSchema = z.object({
  revision: z.number(),
  version: z.number(),
  isDown: z.boolean(),
  body: z.string(),
  incarnation: z.string(),
  publishedAt: z.number(),
  pendingSince: z.number(),
  place: z.string().optional(),
});

export type MetaRecord = z.infer<typeof metaSchema>;
export type ListenerRecord = z.infer<typeof listenerSchema>;
export type RegistrationRecord = z.infer<typeof registrationSchema>;
export type WordsRecord = z.infer<typeof wordsSchema>;
export type ReportRecord = z.infer<typeof reportSchema>;

export const decodeMeta = decoderOf(metaSchema);
export const decodeListener = decoderOf(listenerSchema);
export const decodeAlive = decoderOf(aliveSchema);
export const decodeRegistration = decoderOf(registrationSchema);
export const decodeRevision = decoderOf(revisionSchema);
export const decodeWords = decoderOf(wordsSchema);
export const decodeComplete = decoderOf(completeSchema);
export const decodeReport = decoderOf(reportSchema);

/** A value that makes no sense counts as absent: whoever may write a key may write anything there. */
function decoderOf<T>(schema: z.ZodType<T>): (value: string | undefined) => T | undefined {
  return (value) => (value === undefined ? undefined : schema.safeParse(parseJson(value)).data);
}

import type { Redis } from 'ioredis';
import { say as report } from '../src/northbound/conformance/scene.js';
import type { ChassisRegistration, Membership, Northbound } from '../src/northbound/northbound.js';
import { systemClock } from '../src/runtime/clock.js';
import { Opened } from '../src/runtime/opened.js';
import { openNorthbound } from '../src/northbound/open.js';
import { systemRandom } from '../src/runtime/random.js';
import { startRedis } from '../tests/support/redis.js';
import { join } from './engine-load.js';
import { describeMachine } from './machine.js';
import type { Result, Row, Scenario } from './scenario.js';
import { percentile } from './spread.js';

const FOREIGN_KEYS = 100_000;
/** How often both servers are measured, in turns. */
const RUNS = 5;
/** How often each verb is called in a run. */
const CALLS = 300;
/** How much slower a verb's median may be beside foreign keys. */
const MOST_RATIO = 1.15;

type Verb = (place: Place, call: number) => Promise<unknown>;

/** A registered chassis and listener on one server. */
interface Place {
  readonly northbound: Northbound;
  readonly registration: ChassisRegistration;
  readonly member: Membership;
}

const KEY = { chassis: 'bench', portId: report(1, 1).portId };

/** Every verb that is called again and again. A publish is always followed by its delivery: that is one round. */
const VERBS: Readonly<Record<string, Verb>> = {
  'publish, receive, acknowledge': async ({ northbound, registration, member }, call) => {
    const revision = registration.maxRevision + call;
    await northbound.publish(registration, [report(1, revision, { chassis: 'bench' })]);
    await northbound.acknowledge(member, await northbound.receive(member, { max: 10 }));
  },
  heartbeat: ({ northbound, member }) => northbound.heartbeat(member),
  keepChassis: ({ northbound, registration }) => northbound.keepChassis(registration, { version: 'bench' }),
  adopt: ({ northbound, member }) => northbound.adopt(member, { max: 100 }),
  putBack: ({ northbound, member }) => northbound.putBack(member, [KEY]),
  listeners: ({ northbound }) => northbound.listeners(),
  chassis: ({ northbound }) => northbound.chassis(),
  reports: ({ northbound }) => northbound.reports('bench', { limit: 100 }),
  lookUp: ({ northbound }) => northbound.lookUp([KEY]),
};

/** Shows that no verb looks at keys that are not ours: it takes as long beside 100,000 of them. */
export const foreignKeys: Scenario = {
  name: 'foreign-keys',
  doc: `compares every verb on an empty Redis with one that holds ${FOREIGN_KEYS} keys of others`,
  run: async ({ seed, say }) => {
    await using opened = new Opened();
    const [empty, full] = [await openPlace(opened, 0), await openPlace(opened, FOREIGN_KEYS)];
    const medians = new Map(
      Object.keys(VERBS).map((verb) => [verb, { empty: [] as number[], full: [] as number[] }]),
    );
    for (let run = 1; run <= RUNS; run++) {
      say(`run ${run} of ${RUNS}`);
      for (const [verb, call] of Object.entries(VERBS)) {
        const found = medians.get(verb);
        found?.empty.push(await medianOf(empty, call, run));
        found?.full.push(await medianOf(full, call, run));
      }
    }
    return resultOf(medians, seed);
  },
};

async function openPlace(opened: Opened, foreign: number): Promise<Place> {
  const server = await startRedis();
  opened.add({ close: () => server.dispose() });
  await fill(server.admin, foreign);
  const system = { clock: systemClock, random: systemRandom };
  const northbound = opened.add(openNorthbound(`redis://127.0.0.1:${server.port}`, system));
  const registration = await northbound.registerChassis('bench');
  return { northbound, registration, member: await join(northbound, 'bench') };
}

async function fill(admin: Redis, count: number): Promise<void> {
  for (let first = 0; first < count; first += 1000) {
    const pairs = Array.from({ length: 1000 }, (_, index) => [`foreign:${first + index}`, 'x'.repeat(100)]);
    await admin.mset(...pairs.flat());
  }
}

async function medianOf(place: Place, verb: Verb, run: number): Promise<number> {
  const tookMs: number[] = [];
  for (let call = 1; call <= CALLS; call++) {
    const startMs = systemClock.monotonicMs();
    await verb(place, run * CALLS + call);
    tookMs.push(systemClock.monotonicMs() - startMs);
  }
  return percentile(tookMs, 0.5);
}

type Medians = ReadonlyMap<string, { readonly empty: readonly number[]; readonly full: readonly number[] }>;

function resultOf(medians: Medians, seed: number): Result {
  const figures = [...medians].map(([verb, runs]) => {
    const [emptyMs, fullMs] = [percentile(runs.empty, 0.5), percentile(runs.full, 0.5)];
    return { verb, emptyMs, fullMs, ratio: fullMs / emptyMs };
  });
  const verdict = figures.every(({ ratio }) => ratio <= MOST_RATIO) ? 'kept' : 'failed';
  const rows: readonly Row[] = figures.map(({ verb, emptyMs, fullMs, ratio }) => ({
    verb,
    empty: `${emptyMs.toFixed(3)} ms`,
    [`beside ${FOREIGN_KEYS} keys`]: `${fullMs.toFixed(3)} ms`,
    ratio: ratio.toFixed(2),
  }));
  return { scenario: 'foreign-keys', seed, machine: describeMachine(), figures, rows, verdict };
}

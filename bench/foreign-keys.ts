import type { Redis } from 'ioredis';
import { say as report } from '../src/northbound/conformance/scene.js';
import type { ChassisRegistration, Membership, Northbound } from '../src/northbound/northbound.js';
import { systemClock } from '../src/runtime/clock.js';
import { Opened } from '../src/runtime/opened.js';
import { openNorthbound } from '../src/northbound/open.js';
import { systemRandom } from '../src/runtime/random.js';
import { startRedis } from '../tests/support/redis.js';
import { atMost } from './bounds.js';
import { redisVersionOf } from './engine-homes.js';
import { join } from './engine-load.js';
import type { Result, Scenario } from './scenario.js';
import type { Row } from './table.js';
import { percentile } from './spread.js';

const FOREIGN_KEYS = 100_000;
/** How often the server is measured without and with them, in turns. */
const RUNS = 5;
/** How often each verb is called in a run. */
const CALLS = 300;
/** How much slower a verb's median may be beside foreign keys. */
const MOST_RATIO = 1.15;

type Verb = (place: Place) => Promise<unknown>;

/** Whatever looks through keys, in whole or in parts. */
const SCANS = new Set(['keys', 'scan', 'randomkey', 'hscan', 'sscan', 'zscan']);

/** A registered chassis and listener, and the server's administrator. */
interface Place {
  readonly admin: Redis;
  readonly northbound: Northbound;
  readonly registration: ChassisRegistration;
  readonly member: Membership;
  readonly nextRevision: () => number;
}

const KEY = { chassis: 'bench', portId: report(1, 1).portId };

/** Every verb that is called again and again. A publish is always followed by its delivery: that is one round. */
const VERBS: Readonly<Record<string, Verb>> = {
  'publish, receive, acknowledge': async ({ northbound, registration, member, nextRevision }) => {
    await northbound.publish(registration, [report(1, nextRevision(), { chassis: 'bench' })]);
    await northbound.acknowledge(member, await northbound.receive(member, { max: 10 }));
  },
  heartbeat: ({ northbound, member }) => northbound.heartbeat(member),
  keepChassis: ({ northbound, registration }) => northbound.keepChassis(registration, { version: 'bench' }),
  adopt: ({ northbound, member }) => northbound.adopt(member, { max: 100 }),
  findLost: ({ northbound }) => northbound.findLost([KEY]),
  putBack: ({ northbound }) => northbound.putBack([KEY]),
  listeners: ({ northbound }) => northbound.listeners(),
  chassis: ({ northbound }) => northbound.chassis(),
  reports: ({ northbound }) => northbound.reports('bench', { limit: 100 }),
  lookUp: ({ northbound }) => northbound.lookUp([KEY]),
};

/**
 * Shows that no verb looks at keys that are not ours: it takes as long beside 100,000 of them, and Redis' MONITOR sees no
 * command that looks through keys. It is one server all the time, since which processor a server happens to be woken on
 * makes a round trip half as long or twice.
 */
export const foreignKeys: Scenario = {
  name: 'foreign-keys',
  doc: `compares every verb on an empty Redis with one that holds ${FOREIGN_KEYS} keys of others`,
  takes: { engines: [], dbs: [], options: [] },
  run: async ({ say }) => {
    await using opened = new Opened();
    const place = await openPlace(opened);
    const took = new Map(Object.keys(VERBS).map((verb) => [verb, { empty: [], full: [] }]));
    for (let run = 1; run <= RUNS; run++) {
      say(`run ${run} of ${RUNS}`);
      for (const state of statesOf(run)) await measure(place, state, took);
    }
    const version = `Redis ${await redisVersionOf(place.admin)}, not persistent`;
    return resultOf(took, await watchCommands(place), version);
  },
};

type State = 'empty' | 'full';
type Took = Record<State, number[]>;

/** Each comes first in every other run. */
function statesOf(run: number): readonly State[] {
  return run % 2 === 1 ? ['empty', 'full'] : ['full', 'empty'];
}

async function openPlace(opened: Opened): Promise<Place> {
  const server = await startRedis();
  opened.add({ close: () => server.dispose() });
  const system = { clock: systemClock, random: systemRandom };
  const northbound = opened.add(openNorthbound(`redis://127.0.0.1:${server.port}`, system));
  const registration = await northbound.registerChassis('bench');
  const member = await join(northbound, 'bench');
  let revision = registration.maxRevision;
  return { admin: server.admin, northbound, registration, member, nextRevision: () => ++revision };
}

async function measure(place: Place, state: State, took: ReadonlyMap<string, Took>): Promise<void> {
  const isFull = state === 'full';
  if (isFull) await eachThousand((names) => place.admin.mset(...names.flatMap((name) => [name, VALUE])));
  for (const [verb, call] of Object.entries(VERBS))
    took.get(verb)?.[state].push(...(await timesOf(place, call)));
  if (isFull) await eachThousand((names) => place.admin.unlink(...names));
}

const VALUE = 'x'.repeat(100);

async function eachThousand(act: (names: readonly string[]) => Promise<unknown>): Promise<void> {
  for (let first = 0; first < FOREIGN_KEYS; first += 1000)
    await act(Array.from({ length: 1000 }, (_, index) => `foreign:${first + index}`));
}

async function timesOf(place: Place, verb: Verb): Promise<readonly number[]> {
  const tookMs: number[] = [];
  for (let call = 1; call <= CALLS; call++) {
    const startMs = systemClock.monotonicMs();
    await verb(place);
    tookMs.push(systemClock.monotonicMs() - startMs);
  }
  return tookMs;
}

/** Every command that Redis carries out while each verb is called once, those of scripts among them. */
async function watchCommands(place: Place): Promise<ReadonlySet<string>> {
  const monitor = await place.admin.monitor();
  const seen = new Set<string>();
  const isOver = new Promise<void>((resolve) => {
    monitor.on('monitor', (_time, [command = '', text]: readonly string[]) => {
      seen.add(command.toLowerCase());
      if (text === OVER) resolve();
    });
  });
  for (const verb of Object.values(VERBS)) await verb(place);
  await place.admin.echo(OVER);
  await isOver;
  monitor.disconnect();
  return seen;
}

const OVER = 'all verbs were called';

function resultOf(took: ReadonlyMap<string, Took>, commands: ReadonlySet<string>, version: string): Result {
  const figures = [...took].map(([verb, { empty, full }]) => {
    const [emptyMs, fullMs] = [percentile(empty, 0.5), percentile(full, 0.5)];
    return { verb, emptyMs, fullMs, ratio: fullMs / emptyMs };
  });
  const scans = [...commands].filter((command) => SCANS.has(command));
  const rows: readonly Row[] = figures.map(({ verb, emptyMs, fullMs, ratio }) => ({
    verb,
    empty: `${emptyMs.toFixed(3)} ms`,
    [`beside ${FOREIGN_KEYS} keys`]: `${fullMs.toFixed(3)} ms`,
    ratio: ratio.toFixed(2),
  }));
  const footer = `MONITOR saw ${[...commands].sort().join(', ')}; of those that look through keys: ${scans.join(', ') || 'none'}`;
  return {
    scenario: 'foreign-keys',
    figures: { engine: 'redis', runs: RUNS, verbs: figures, commands: [...commands].sort() },
    versions: { engine: version },
    rows,
    footer,
    bounds: [
      ...figures.map(({ verb, ratio }) => atMost(`${verb}: ratio`, ratio, MOST_RATIO)),
      atMost('commands that look through keys', scans.length, 0),
    ],
  };
}

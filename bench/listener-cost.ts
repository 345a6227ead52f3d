import type { ReportedStatus } from '../src/domain/report.js';
import { decodeReport, encodeReport, NEWEST_VERSION } from '../src/domain/wire.js';
import type { Case, Judging, Neutron } from '../src/neutron/neutron.js';
import { openDatabase } from '../src/neutron/open.js';
import { createNeutron } from '../src/neutron/sql/store.js';
import type { Delivery, Membership, Northbound } from '../src/northbound/northbound.js';
import { systemClock } from '../src/runtime/clock.js';
import { Opened } from '../src/runtime/opened.js';
import { systemRandom } from '../src/runtime/random.js';
import { portIdOf } from '../src/simulator/neutron-rows.js';
import { DATABASE_HOMES } from './cloud/databases.js';
import { plantCloud } from './cloud/ports.js';
import { cpuSecondsOf } from './cloud/processes.js';
import { ENGINE_HOMES } from './engine-homes.js';
import { join } from './engine-load.js';
import { chassisOf } from './load/orders.js';
import { summarize } from './spread.js';
import type { Spreads } from './spread.js';

const CHASSIS = 1000;
/** Reports of one chassis, all published at once. */
const EACH = 50;
const REPORTS = CHASSIS * EACH;
/** The most that one transaction judges, as `apply.batch` has it. */
const BATCH = 500;

/**
 * From chassis to chassis, as they take turns. Those in a row would have ports in a row, which lie on the same pages of
 * Neutron's tables; ids that Neutron draws do not.
 */
const STRIDE = 617;
/** Listeners that work at one time, however many there are: what transactions side by side cost each other is not asked. */
const HANDS = 4;

/** `whole`: published, received, judged, written, acknowledged; `carried`: published, received, acknowledged. */
type Kind = 'whole' | 'carried';

interface Once {
  readonly perSecond: number;
  /** Seconds of processor time for a thousand reports. */
  readonly cost: number;
}

/** What several runs came to, and each of them. */
type Costs = Spreads<Once> & { readonly eachRun: readonly Once[] };

export type ListenerCost = { readonly listeners: number } & Readonly<Record<Kind, Costs>>;

/**
 * What a report costs agents, northbound database, servers and Neutron's database, among so many listeners. What is no
 * database is in this process, so that their number is all that differs; the sizes take turns, so that none has the better
 * minutes of the machine.
 */
export async function costOfListeners(
  { engine, db }: { readonly engine: string; readonly db: string },
  sizes: readonly number[],
  runs: number,
): Promise<readonly ListenerCost[]> {
  const all = sizes.map((listeners) => ({ listeners, found: [] as Readonly<Record<Kind, Once>>[] }));
  for (let run = 1; run <= runs; run++)
    for (const { listeners, found } of all) found.push(await measureOnce(engine, db, listeners));
  return all.map(({ listeners, found }) => ({
    listeners,
    whole: costsOf(found.map(({ whole }) => whole)),
    carried: costsOf(found.map(({ carried }) => carried)),
  }));
}

function costsOf(found: readonly Once[]): Costs {
  const { spreads, eachRun } = summarize(found);
  return { ...spreads, eachRun };
}

async function measureOnce(
  engine: string,
  db: string,
  listeners: number,
): Promise<Readonly<Record<Kind, Once>>> {
  await using opened = new Opened();
  const [home, database] = [await ENGINE_HOMES[engine]?.(), await DATABASE_HOMES[db]?.()];
  if (home === undefined || database === undefined) throw new Error(`no engine ${engine}, or no ${db}`);
  opened.add({ close: () => home.dispose() });
  opened.add(database);
  await plantCloud(database.rows, REPORTS, CHASSIS);
  const parts = { clock: systemClock, random: systemRandom };
  const neutron = opened.add(createNeutron(openDatabase(database.url, 'port_status', systemClock), parts));
  const [agents, servers] = [opened.add(home.connect()), opened.add(home.connect())];
  const members = await Promise.all(
    Array.from({ length: listeners }, (_, index) => join(servers, `bench-${index}`)),
  );
  const scene: Scene = { agents, servers, members, neutron };
  await carryUpAndDown(scene, 'whole'); // so that everything is warm
  return { whole: await measure(scene, 'whole'), carried: await measure(scene, 'carried') };
}

interface Scene {
  readonly agents: Northbound;
  readonly servers: Northbound;
  readonly members: readonly Membership[];
  readonly neutron: Neutron;
}

async function measure(scene: Scene, kind: Kind): Promise<Once> {
  const before = { atMs: systemClock.monotonicMs(), cpu: cpuSecondsOf(process.pid) };
  await carryUpAndDown(scene, kind);
  return {
    perSecond: (2 * REPORTS * 1000) / (systemClock.monotonicMs() - before.atMs),
    cost: ((cpuSecondsOf(process.pid) - before.cpu) * 1000) / (2 * REPORTS),
  };
}

/** Every chassis says that all its ports are up, and then that they are down, and every listener takes what is its own. */
async function carryUpAndDown({ agents, servers, members, neutron }: Scene, kind: Kind): Promise<void> {
  const handle = kind === 'whole' ? judgeIn(neutron) : () => Promise.resolve();
  for (const status of ['ACTIVE', 'DOWN'] as const) {
    for (let turn = 0; turn < CHASSIS; turn++)
      await publishAll(agents, 1 + ((turn * STRIDE) % CHASSIS), status);
    const backlogs = new Map((await servers.listeners()).map(({ id, backlog }) => [id, backlog]));
    const hands = Array.from({ length: HANDS }, async (_, hand) => {
      for (const member of members.filter((_one, index) => index % HANDS === hand))
        await takeAll(servers, member, backlogs.get(member.id) ?? 0, handle);
    });
    await Promise.all(hands);
  }
}

async function publishAll(agents: Northbound, number: number, status: ReportedStatus): Promise<void> {
  const chassis = chassisOf(number, CHASSIS);
  const registration = await agents.registerChassis(chassis);
  const reports = Array.from({ length: EACH }, (_, index) =>
    encodeReport(
      {
        portId: portIdOf(number + index * CHASSIS),
        chassis,
        status,
        attachment: `row-${number}-${index}`,
        revision: registration.maxRevision + index + 1,
        observedAt: systemClock.now(),
      },
      NEWEST_VERSION,
    ),
  );
  await agents.publish(registration, reports);
}

type Handle = (deliveries: readonly Delivery[], member: Membership) => Promise<unknown>;

async function takeAll(
  servers: Northbound,
  member: Membership,
  reports: number,
  handle: Handle,
): Promise<void> {
  for (let left = reports; left > 0;) {
    const deliveries = await servers.receive(member, { max: BATCH });
    await handle(deliveries, member);
    left -= await servers.acknowledge(member, deliveries);
  }
}

function judgeIn(neutron: Neutron): Handle {
  return async (deliveries, { id, incarnation }) => {
    const judging: Judging = {
      server: id,
      policy: { drivers: new Set(['openvswitch']), buildGraceMs: 10_000 },
      mayWrite: () => true,
      lookEveryMs: 2000,
      incarnation,
      epoch: 1,
    };
    const judged = await neutron.judge(deliveries.flatMap(caseOf), judging);
    if (judged.kind === 'paused' || judged.outcomes.some(({ wrote }) => wrote === undefined))
      throw new Error('a report was not written');
  };
}

function caseOf(delivery: Delivery): readonly Case[] {
  const decoded = decodeReport(delivery);
  if (decoded.kind !== 'report') throw new Error('a report can not be read');
  const { portId, chassis, incarnation } = delivery;
  return [{ portId, chassis, arrival: { report: decoded.report, incarnation } }];
}

import { systemClock } from '../src/runtime/clock.js';
import { Opened } from '../src/runtime/opened.js';
import { seededRandom } from '../src/runtime/random.js';
import { portIdOf } from '../src/simulator/neutron-rows.js';
import { eventually } from '../tests/support/eventually.js';
import { openCloud } from './cloud/bench-cloud.js';
import type { BenchCloud } from './cloud/bench-cloud.js';
import { watchCommits } from './cloud/commits.js';
import { resetCloud } from './cloud/ports.js';
import { cpuSecondsOf, peakRssMibOf } from './cloud/processes.js';
import { measureLimit, measureOrmLike } from './limit.js';
import { describeMachine } from './machine.js';
import type { Result, Row, Scenario, ScenarioOptions } from './scenario.js';
import { percentile, spreadOf } from './spread.js';
import type { Spread } from './spread.js';

/** Ports whose commits are seen one by one. */
const SAMPLE = 500;
const MOST_ORM_LIKE = 3000;
/** How long a storm may take. */
const PATIENCE_MS = 300_000;

/** One storm. */
export interface Storm {
  readonly portsPerSecond: number;
  readonly untilNovaMs: number;
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly novaP99Ms: number;
  readonly novaTold: number;
  readonly serverRssMb: number;
  readonly agentRssMb: number;
  readonly cpu: Readonly<Record<Part, number>>;
}

/** What takes processor time. */
type Part = 'server' | 'agents' | 'northbound' | 'database';

/** What the database gives at the most, in ports a second. */
interface Limits {
  readonly limit1PerSecond: number;
  readonly limit4PerSecond: number;
  readonly ormLikePerSecond: number;
}

type Measured = Storm & Limits;

/** All ports of all chassis come up at the same moment, as when a site's power is back. */
export const storm: Scenario = {
  name: 'storm',
  doc: 'all ports come up at once: ports a second until the last commit, against what the database gives at the most',
  run: async (options) => {
    await using opened = new Opened();
    options.say(`making ${options.ports} ports`);
    const cloud = await openCloud(options, opened);
    const measured: Measured[] = [];
    let engineVersion = '';
    for (let run = 1; run <= options.runs; run++) {
      options.say(`run ${run} of ${options.runs}: limits`);
      const limits = await measureLimits(cloud);
      options.say(`run ${run} of ${options.runs}: storm`);
      await using stage = new Opened();
      const { version, ...figures } = await playStorm(cloud, options, stage);
      engineVersion = version;
      measured.push({ ...limits, ...figures });
    }
    return resultOf(measured, options, { engine: engineVersion, database: cloud.database.version });
  },
};

/** Each on ports as they were planted, when nothing of the run before is left to be cleaned away. */
async function measureLimits(cloud: BenchCloud): Promise<Limits> {
  const { database, options } = cloud;
  const { ports, chassis } = options;
  const onFresh = async (measure: () => Promise<number>): Promise<number> => {
    await makeFresh(cloud);
    return measure();
  };
  const isFile = database.pid === undefined;
  const limit1PerSecond = await onFresh(() => measureLimit(database, { ports, chassis, connections: 1 }));
  const limit4PerSecond = isFile
    ? limit1PerSecond // a file has one writer
    : await onFresh(() => measureLimit(database, { ports, chassis, connections: 4 }));
  const ormLikePerSecond = await onFresh(() => measureOrmLike(database, Math.min(ports, MOST_ORM_LIKE)));
  return { limit1PerSecond, limit4PerSecond, ormLikePerSecond };
}

async function makeFresh({ database, options }: BenchCloud): Promise<void> {
  await resetCloud(database.rows, database.url, options.ports);
  await database.settle();
}

async function playStorm(
  cloud: BenchCloud,
  { ports, servers, seed }: ScenarioOptions,
  opened: Opened,
): Promise<Storm & { readonly version: string }> {
  await makeFresh(cloud);
  const { nova } = cloud.openstack;
  const stage = await cloud.openStage(opened);
  const running = await Promise.all(
    Array.from({ length: servers }, (_, index) => stage.startServer(`server-${index + 1}`)),
  );
  const load = await stage.startLoad();
  const pids: Readonly<Record<Part, readonly number[]>> = {
    server: running.map(({ pid }) => pid),
    agents: [load.pid],
    northbound: stage.engine.pid === undefined ? [] : [stage.engine.pid],
    database: cloud.database.pid === undefined ? [] : [cloud.database.pid],
  };
  const cpuBefore = cpuOf(pids);
  nova.heard.splice(0);
  const startMs = systemClock.now();
  const sample = sampleOf(ports, seed);
  const [commits] = await Promise.all([
    watchCommits(cloud.database.rows, sample),
    load.order({ kind: 'all', status: 'ACTIVE' }),
  ]);
  await eventually(() => {
    if (toldOf(nova.heard).size < ports) throw new Error(`Nova heard of ${toldOf(nova.heard).size} ports`);
  }, PATIENCE_MS);
  const cpuAfter = cpuOf(pids);
  const told = [...toldOf(nova.heard).values()].map((at) => at - startMs);
  const took = commits.sampleAtMs.map((at) => at - startMs);
  return {
    version: stage.engine.version,
    portsPerSecond: (ports * 1000) / (commits.lastAtMs - startMs),
    untilNovaMs: Math.max(...told.slice(-1), percentile(told, 1)),
    p50Ms: percentile(took, 0.5),
    p90Ms: percentile(took, 0.9),
    p99Ms: percentile(took, 0.99),
    novaP99Ms: percentile(told, 0.99),
    novaTold: told.length,
    serverRssMb: Math.max(...pids.server.map(peakRssMibOf)),
    agentRssMb: peakRssMibOf(load.pid),
    cpu: mapParts((part) => ((cpuAfter[part] - cpuBefore[part]) * 1000) / ports),
  };
}

function cpuOf(pids: Readonly<Record<Part, readonly number[]>>): Readonly<Record<Part, number>> {
  return mapParts((part) => pids[part].reduce((sum, pid) => sum + cpuSecondsOf(pid), 0));
}

const PARTS = ['server', 'agents', 'northbound', 'database'] as const satisfies readonly Part[];

function mapParts(value: (part: Part) => number): Readonly<Record<Part, number>> {
  return Object.fromEntries(PARTS.map((part) => [part, value(part)])) as Record<Part, number>;
}

/** When Nova first heard of each port. */
function toldOf(
  heard: readonly { readonly tag?: string | undefined; readonly at: number }[],
): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  for (const { tag = '', at } of heard) if (!first.has(tag)) first.set(tag, at);
  return first;
}

function sampleOf(ports: number, seed: number): readonly string[] {
  const random = seededRandom(seed);
  const numbers = new Set<number>();
  while (numbers.size < Math.min(SAMPLE, ports)) numbers.add(1 + Math.floor(random.next() * ports));
  return [...numbers].map(portIdOf);
}

function resultOf(
  runs: readonly Measured[],
  options: ScenarioOptions,
  versions: Readonly<Record<string, string>>,
): Result {
  const of = (value: (run: Measured) => number): Spread => spreadOf(runs.map(value));
  const median = (value: (run: Measured) => number): number => of(value).median;
  const figures = {
    engine: options.engine,
    db: options.db,
    ports: options.ports,
    chassis: options.chassis,
    servers: options.servers,
    runs: runs.length,
    portsPerSecond: of((run) => run.portsPerSecond),
    p50Ms: median((run) => run.p50Ms),
    p90Ms: median((run) => run.p90Ms),
    p99Ms: median((run) => run.p99Ms),
    limit1PerSecond: median((run) => run.limit1PerSecond),
    limit4PerSecond: median((run) => run.limit4PerSecond),
    ormLikePerSecond: median((run) => run.ormLikePerSecond),
    ratioToLimit1: median((run) => run.portsPerSecond / run.limit1PerSecond),
    ratioToOrmLike: median((run) => run.portsPerSecond / run.ormLikePerSecond),
    novaTold: Math.min(...runs.map((run) => run.novaTold)),
    novaP99Ms: median((run) => run.novaP99Ms),
    untilNovaMs: median((run) => run.untilNovaMs),
    peakRssMb: {
      server: Math.max(...runs.map((run) => run.serverRssMb)),
      agent: Math.max(...runs.map((run) => run.agentRssMb)),
    },
    cpuSecondsPer1000: mapParts((part) => median((run) => run.cpu[part])),
    versions,
  };
  const rows: readonly Row[] = Object.entries(figures).map(([figure, value]) => ({
    figure,
    value: typeof value === 'object' ? JSON.stringify(value) : String(value),
  }));
  return { scenario: 'storm', seed: options.seed, machine: describeMachine(), figures, rows };
}

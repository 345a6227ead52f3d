import { Opened } from '../src/runtime/opened.js';
import { openCloud } from './cloud/bench-cloud.js';
import type { BenchCloud } from './cloud/bench-cloud.js';
import { measureLimit, measureOneByOne, measureOrmLike } from './limit.js';
import { describeMachine } from './machine.js';
import { eachRun } from './scenario.js';
import type { Result, Scenario, ScenarioOptions } from './scenario.js';
import { mapParts, openCalm, playStorm } from './play-storm.js';
import type { Storm } from './play-storm.js';
import { spreadOf } from './spread.js';
import type { Spread } from './spread.js';
import { rowsOfFigures } from './table.js';

/** Ports that are written as Neutron writes them: it takes long enough. */
const MOST_ORM_LIKE = 3000;

/** What the database gives at the most, in ports a second. */
interface Limits {
  readonly limit1PerSecond: number;
  readonly limit4PerSecond: number;
  readonly ormLikePerSecond: number;
  /** As orm-like, with a single transaction for each port. */
  readonly oneByOnePerSecond: number;
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
    let engine = '';
    const measured = await eachRun(options, async (stage) => {
      const limits = await measureLimits(cloud);
      const calm = await openCalm(cloud, options.servers, stage);
      engine = calm.stage.engine.version;
      return { ...limits, ...(await playStorm(calm, options.seed)) };
    });
    return resultOf(measured, options, { engine, database: cloud.database.version });
  },
};

/** Each on ports as they were planted, when nothing of the run before is left to be cleaned away. */
async function measureLimits(cloud: BenchCloud): Promise<Limits> {
  const { database, options } = cloud;
  const { ports, chassis } = options;
  const onFresh = async (measure: () => Promise<number>): Promise<number> => {
    await cloud.makeFresh();
    return measure();
  };
  const isFile = database.pid === undefined;
  const limit1PerSecond = await onFresh(() => measureLimit(database, { ports, chassis, connections: 1 }));
  const limit4PerSecond = isFile
    ? limit1PerSecond // a file has one writer
    : await onFresh(() => measureLimit(database, { ports, chassis, connections: 4 }));
  const some = Math.min(ports, MOST_ORM_LIKE);
  const ormLikePerSecond = await onFresh(() => measureOrmLike(database, some));
  const oneByOnePerSecond = await onFresh(() => measureOneByOne(database, some));
  return { limit1PerSecond, limit4PerSecond, ormLikePerSecond, oneByOnePerSecond };
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
    oneByOnePerSecond: median((run) => run.oneByOnePerSecond),
    ratioToLimit1: median((run) => run.portsPerSecond / run.limit1PerSecond),
    ratioToOrmLike: median((run) => run.portsPerSecond / run.ormLikePerSecond),
    ratioToOneByOne: median((run) => run.portsPerSecond / run.oneByOnePerSecond),
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
  const rows = rowsOfFigures(figures);
  return { scenario: 'storm', seed: options.seed, machine: describeMachine(), figures, rows };
}

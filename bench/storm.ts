import { Opened } from '../src/runtime/opened.js';
import { atLeast, below, eitherAtLeast, isUsual, isUsualSize } from './bounds.js';
import type { Bound } from './bounds.js';
import { openCloud } from './cloud/bench-cloud.js';
import type { BenchCloud } from './cloud/bench-cloud.js';
import { measureLimit, measureOneByOne, measureOrmLike } from './limit.js';
import { eachRun, OF_CLOUDS } from './scenario.js';
import type { Result, Scenario } from './scenario.js';
import type { ScenarioOptions } from './options.js';
import { openCalm, playStorm } from './play-storm.js';
import type { Storm } from './play-storm.js';
import { summarize } from './spread.js';
import type { Spreads } from './spread.js';
import { rowsOfFigures } from './table.js';

/** Ports that are written as Neutron writes them: it takes long enough. */
const MOST_ORM_LIKE = 3000;

/** What the database gives at the most, in ports a second. */
interface Limits {
  readonly limit1PerSecond: number;
  /** Null on a file, which has one writer. */
  readonly limit4PerSecond: number | null;
  readonly ormLikePerSecond: number;
  /** As orm-like, with a single transaction for each port. */
  readonly oneByOnePerSecond: number;
}

type Measured = Storm & Limits;

/** All ports of all chassis come up at the same moment, as when a site's power is back. */
export const storm: Scenario = {
  name: 'storm',
  doc: 'all ports come up at once: ports a second until the last commit, against what the database gives at the most',
  takes: { ...OF_CLOUDS, options: ['ports', 'chassis', 'servers', 'runs', 'profile', 'seed'] },
  run: async (options) => {
    await using opened = new Opened();
    options.say(`making ${options.ports} ports`);
    const cloud = await openCloud(options, opened);
    const measured = await eachRun(options, async (stage) => {
      const limits = await measureLimits(cloud);
      const calm = await openCalm(cloud, options.servers, stage);
      return { ...limits, ...(await playStorm(calm, options.seed)) };
    });
    return resultOf(measured, options, cloud);
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
    ? null
    : await onFresh(() => measureLimit(database, { ports, chassis, connections: 4 }));
  const some = Math.min(ports, MOST_ORM_LIKE);
  const ormLikePerSecond = await onFresh(() => measureOrmLike(database, some));
  const oneByOnePerSecond = await onFresh(() => measureOneByOne(database, some));
  return { limit1PerSecond, limit4PerSecond, ormLikePerSecond, oneByOnePerSecond };
}

function resultOf(runs: readonly Measured[], options: ScenarioOptions, cloud: BenchCloud): Result {
  const { engine, db, ports, chassis, servers } = options;
  const size = { engine, db, ports, chassis, servers, runs: runs.length };
  const { medians, spreads, eachRun } = summarize(runs.map(figuresOf));
  return {
    scenario: 'storm',
    figures: {
      ...{ ...size, ...medians, portsPerSecond: spreads.portsPerSecond, novaTold: spreads.novaTold.min },
      peakRssMb: { server: spreads.peakRssMb.server.max, agent: spreads.peakRssMb.agent.max },
      ...{ spreads, eachRun },
    },
    versions: cloud.versions,
    bounds: boundsOf(spreads, options),
    rows: rowsOfFigures({ ...size, ...spreads, versions: cloud.versions }),
  };
}

/** What a storm of the usual size reaches, by engine and database. */
const LEAST: Readonly<Record<string, number>> = {
  'sqlite + sqlite': 5000,
  'etcd + mariadb': 3000,
  'redis + postgresql': 6000,
};

function boundsOf(
  spreads: Spreads<ReturnType<typeof figuresOf>>,
  options: ScenarioOptions,
): readonly Bound[] {
  const { portsPerSecond, ratioToLimit1, ratioToOrmLike, novaTold, peakRssMb } = spreads;
  const told = atLeast('novaTold', novaTold.min, options.ports);
  const least = LEAST[`${options.engine} + ${options.db}`];
  if (isUsualSize(options) && least !== undefined)
    return [told, atLeast('portsPerSecond', portsPerSecond.median, least)];
  if (!isUsual(options)) return [told];
  return [
    told,
    eitherAtLeast(
      ['portsPerSecond', portsPerSecond.median, 8000],
      ['ratioToLimit1', ratioToLimit1.median, 0.35],
    ),
    atLeast('ratioToOrmLike', ratioToOrmLike.median, 10),
    below('MB of the server', peakRssMb.server.max * MB_OF_MIB, 300),
  ];
}

const MB_OF_MIB = 2 ** 20 / 1e6;

function figuresOf({ serverRssMb, agentRssMb, cpu, ...run }: Measured) {
  return {
    ...run,
    ratioToLimit1: run.portsPerSecond / run.limit1PerSecond,
    ratioToOrmLike: run.portsPerSecond / run.ormLikePerSecond,
    ratioToOneByOne: run.portsPerSecond / run.oneByOnePerSecond,
    peakRssMb: { server: serverRssMb, agent: agentRssMb },
    cpuSecondsPer1000: cpu,
  };
}

import { systemClock } from '../src/runtime/clock.js';
import { Opened } from '../src/runtime/opened.js';
import { openCloud } from './cloud/bench-cloud.js';
import type { BenchCloud } from './cloud/bench-cloud.js';
import { watchCommits } from './cloud/commits.js';
import { writesOf } from './cloud/ports.js';
import { cpuSecondsOf } from './cloud/processes.js';
import { eachRun, OF_CLOUDS } from './scenario.js';
import type { Result, Scenario, ScenarioOptions } from './scenario.js';
import { summarize } from './spread.js';
import { rowsOfFigures } from './table.js';

const HERTZ = 50;
const FOR_MS = 10_000;

interface Flapping {
  readonly published: number;
  readonly writtenPerSecond: number;
  readonly serverCpuShare: number;
  /** From the last change to the commit of the last port. */
  readonly settledMs: number;
}

/** Every port changes fifty times a second: what is written stays bounded, and the last state wins. */
export const flap: Scenario = {
  name: 'flap',
  doc: `every port changes ${HERTZ} times a second for ${FOR_MS / 1000} s, and is ACTIVE in the end`,
  takes: {
    ...OF_CLOUDS,
    options: ['ports', 'chassis', 'runs', 'profile'],
    size: { ports: 1000, chassis: 100 },
  },
  run: async (options) => {
    await using opened = new Opened();
    const cloud = await openCloud(options, opened);
    const runs = await eachRun(options, (stage) => flapOnce(cloud, stage));
    return resultOf(runs, options, cloud);
  },
};

async function flapOnce(cloud: BenchCloud, opened: Opened): Promise<Flapping> {
  await cloud.makeFresh();
  const { ports } = cloud.options;
  const { rows } = cloud.database;
  const stage = await cloud.openStage(opened);
  const server = await stage.startServer('server-1');
  const load = await stage.startLoad();
  const before = { writes: await writesOf(rows), cpu: cpuSecondsOf(server.pid), atMs: systemClock.now() };
  const { published } = await load.order({ kind: 'flap', ports, hertz: HERTZ, forMs: FOR_MS });
  const endMs = systemClock.now();
  const { lastAtMs } = await watchCommits(rows);
  const seconds = (lastAtMs - before.atMs) / 1000;
  return {
    published,
    writtenPerSecond: ((await writesOf(rows)) - before.writes) / seconds,
    serverCpuShare: (cpuSecondsOf(server.pid) - before.cpu) / seconds,
    settledMs: lastAtMs - endMs,
  };
}

function resultOf(runs: readonly Flapping[], options: ScenarioOptions, cloud: BenchCloud): Result {
  const { engine, db, ports, chassis } = options;
  const size = { engine, db, ports, chassis, servers: 1, runs: runs.length };
  const load = { hertz: HERTZ, forMs: FOR_MS, changesPerSecond: ports * HERTZ };
  const { medians, spreads, eachRun } = summarize(runs);
  return {
    scenario: 'flap',
    figures: { ...size, ...load, ...medians, spreads, eachRun },
    versions: cloud.versions,
    bounds: [],
    rows: rowsOfFigures({ ...size, ...load, ...spreads, versions: cloud.versions }),
  };
}

import { systemClock } from '../src/runtime/clock.js';
import { Opened } from '../src/runtime/opened.js';
import { portIdOf } from '../src/simulator/neutron-rows.js';
import type { NeutronRows } from '../src/simulator/neutron-rows.js';
import { countOf } from '../tests/support/metrics.js';
import type { Program } from '../tests/support/process.js';
import { openCloud } from './cloud/bench-cloud.js';
import type { BenchCloud } from './cloud/bench-cloud.js';
import { rssMibOf } from './cloud/processes.js';
import { describeMachine } from './machine.js';
import { openCalm, playStorm } from './play-storm.js';
import { eachRun } from './scenario.js';
import type { Result, Scenario, ScenarioOptions } from './scenario.js';
import { percentile, spreadOf } from './spread.js';
import type { Spread } from './spread.js';
import { rowsOfFigures } from './table.js';

const FOR_MS = 60_000;
/** Of what a storm reached just before. */
const SHARE = 0.7;
/** Ports whose commits are seen one by one, and how often they are looked at. */
const SAMPLE = 300;
const LOOK_MS = 10;
const GAUGE_MS = 1000;

interface Steady {
  readonly perSecond: number;
  readonly tookMs: readonly number[];
  /** Medians of the last third over those of the first. */
  readonly backlogGrowth: number;
  readonly rssGrowth: number;
  readonly backlog: number;
}

/** Seventy percent of what a storm reached, for a minute: nothing may pile up. */
export const steady: Scenario = {
  name: 'steady',
  doc: `ports change at ${SHARE * 100} % of a storm's rate for ${FOR_MS / 1000} s: latency from the change to the commit, backlog, memory`,
  run: async (options) => {
    await using opened = new Opened();
    options.say(`making ${options.ports} ports`);
    const cloud = await openCloud(options, opened);
    const runs = await eachRun(options, (stage) => changeSteadily(cloud, options, stage));
    return resultOf(runs, options, cloud);
  },
};

async function changeSteadily(
  cloud: BenchCloud,
  { servers, ports, seed }: ScenarioOptions,
  opened: Opened,
): Promise<Steady> {
  const calm = await openCalm(cloud, servers, opened, '--http-listen', '127.0.0.1:0');
  const perSecond = Math.round(SHARE * (await playStorm(calm, seed)).portsPerSecond);
  const stop = new AbortController();
  const fromMs = systemClock.now();
  const seen = watchFlips(cloud.database.rows, { ports, perSecond, fromMs }, stop.signal);
  const gauges = readGauges(calm.servers, stop.signal);
  const changes = Math.floor((perSecond * FOR_MS) / 1000);
  await calm.load.order({ kind: 'steady', fromMs, perSecond, changes });
  stop.abort();
  const { backlog, rss } = await gauges;
  return {
    perSecond,
    tookMs: await seen,
    backlogGrowth: growthOf(backlog),
    rssGrowth: growthOf(rss),
    backlog: percentile(backlog, 0.5),
  };
}

interface Rhythm {
  readonly ports: number;
  readonly perSecond: number;
  readonly fromMs: number;
}

/** How long after it was to happen each change of a sample was seen committed. */
async function watchFlips(
  rows: NeutronRows,
  { ports, perSecond, fromMs }: Rhythm,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const numbers = Array.from({ length: SAMPLE }, (_, index) => 1 + Math.floor((index * ports) / SAMPLE));
  const indexes = new Map(numbers.map((number) => [portIdOf(number), number - 1]));
  const statuses = new Map(numbers.map((number) => [portIdOf(number), 'ACTIVE']));
  const flips = new Map<string, number>();
  const tookMs: number[] = [];
  const places = numbers.map(() => '?').join(', ');
  while (!signal.aborted) {
    const found = await rows.run(`select id, status from ports where id in (${places})`, [...indexes.keys()]);
    const nowMs = systemClock.now();
    for (const { id, status } of found.map((row) => ({
      id: String(row['id']),
      status: String(row['status']),
    }))) {
      if (statuses.get(id) === status) continue;
      statuses.set(id, status);
      const flip = flips.get(id) ?? 0;
      flips.set(id, flip + 1);
      tookMs.push(nowMs - fromMs - (((indexes.get(id) ?? 0) + flip * ports) * 1000) / perSecond);
    }
    await systemClock.sleep(LOOK_MS);
  }
  return tookMs;
}

async function readGauges(
  servers: readonly Program[],
  signal: AbortSignal,
): Promise<{ readonly backlog: readonly number[]; readonly rss: readonly number[] }> {
  const gauges = { backlog: [] as number[], rss: [] as number[] };
  while (!signal.aborted) {
    gauges.backlog.push(await countOf(servers, 'port_status_backlog', {}));
    gauges.rss.push(servers.reduce((sum, { pid }) => sum + rssMibOf(pid), 0));
    await systemClock.sleep(GAUGE_MS, { signal }).catch(() => undefined);
  }
  return gauges;
}

/** A backlog of a batch or two is none: below a hundred nothing is said of growth. */
function growthOf(values: readonly number[]): number {
  const third = Math.floor(values.length / 3);
  const median = (part: readonly number[]): number => Math.max(100, percentile(part, 0.5));
  return median(values.slice(-third)) / median(values.slice(0, third));
}

function resultOf(runs: readonly Steady[], options: ScenarioOptions, cloud: BenchCloud): Result {
  const { engine, db, ports, chassis, servers, seed } = options;
  const of = (value: (run: Steady) => number): Spread => spreadOf(runs.map(value));
  const figures = {
    ...{ engine, db, ports, chassis, servers, runs: runs.length, forMs: FOR_MS },
    changesPerSecond: of((run) => run.perSecond),
    p50Ms: of((run) => percentile(run.tookMs, 0.5)),
    p90Ms: of((run) => percentile(run.tookMs, 0.9)),
    p99Ms: of((run) => percentile(run.tookMs, 0.99)),
    backlog: of((run) => run.backlog),
    backlogGrowth: of((run) => run.backlogGrowth),
    rssGrowth: of((run) => run.rssGrowth),
    versions: { database: cloud.database.version },
  };
  const rows = rowsOfFigures(figures);
  return { scenario: 'steady', seed, machine: describeMachine(), figures, rows };
}

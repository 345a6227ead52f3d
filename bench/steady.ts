import type { Northbound } from '../src/northbound/northbound.js';
import { openNorthbound } from '../src/northbound/open.js';
import { systemClock } from '../src/runtime/clock.js';
import { Opened } from '../src/runtime/opened.js';
import { systemRandom } from '../src/runtime/random.js';
import { portIdOf } from '../src/simulator/neutron-rows.js';
import type { NeutronRows } from '../src/simulator/neutron-rows.js';
import { eventually } from '../tests/support/eventually.js';
import { countOf } from '../tests/support/metrics.js';
import type { Program } from '../tests/support/process.js';
import { atMost, isUsual } from './bounds.js';
import type { Bound } from './bounds.js';
import { openCloud } from './cloud/bench-cloud.js';
import type { BenchCloud } from './cloud/bench-cloud.js';
import { thoseThatAre } from './cloud/commits.js';
import { rssMibOf } from './cloud/processes.js';
import { AT_ONCE, bootOf } from './load/orders.js';
import { openCalm, playStorm } from './play-storm.js';
import { eachRun, OF_CLOUDS } from './scenario.js';
import type { Result, Scenario } from './scenario.js';
import type { ScenarioOptions } from './options.js';
import { groupedMedian, percentile, sharesOf, summarize } from './spread.js';
import type { Summary } from './spread.js';
import { rowsOfFigures } from './table.js';

const FOR_MS = 60_000;
/** Of what a storm reached just before. */
const SHARE = 0.7;
/** Ports beside those of the storm: enough for a minute after any storm that we have seen; a faster one fails for it. */
const BOOTS = 550_000;
/** Of so many ports, the commit of one is seen, and how often they are looked at. */
const ONE_OF = 201;
const LOOK_MS = 20;
/** For the next sweep, which begins within `reconcile.everyMs`: thirty seconds. */
const PATIENCE_MS = 60_000;
/** How often memory and the backlog are read: the latter comes and goes with each batch. */
const MEMORY_MS = 1000;
const BACKLOG_MS = 50;

interface Steady {
  readonly perSecond: number;
  readonly tookMs: readonly number[];
  /** What there was to boot for a minute at that rate, less what was planted. */
  readonly missingBoots: number;
  /** Medians of the last third over those of the first. */
  readonly backlogGrowth: number;
  readonly rssGrowth: number;
  readonly backlog: number;
}

/** Boots at seventy percent of what a storm of them reached, for a minute: nothing may pile up. */
export const steady: Scenario = {
  name: 'steady',
  doc: `chassis after chassis boots fifty ports, at ${SHARE * 100} % of a storm's rate for ${FOR_MS / 1000} s: latency from the plug to the commit, backlog, memory`,
  takes: { ...OF_CLOUDS, options: ['ports', 'chassis', 'servers', 'runs', 'profile', 'seed'] },
  run: async (options) => {
    await using opened = new Opened();
    options.say(`making ${options.ports + BOOTS} ports`);
    const cloud = await openCloud({ ...options, ports: options.ports + BOOTS }, opened);
    const runs = await eachRun(options, (stage) => bootSteadily(cloud, options, stage));
    return resultOf(runs, options, cloud);
  },
};

async function bootSteadily(
  cloud: BenchCloud,
  { servers, ports, chassis, seed }: ScenarioOptions,
  opened: Opened,
): Promise<Steady> {
  const calm = await openCalm(cloud, servers, opened, '--http-listen', '127.0.0.1:0');
  const perSecond = Math.round(SHARE * (await playStorm(calm, seed, ports)).portsPerSecond);
  await Promise.all(calm.servers.map(untilSweeping));
  const wanted = Math.floor((perSecond * FOR_MS) / 1000 / AT_ONCE) * AT_ONCE;
  const boots = Math.min(BOOTS, wanted);
  const stop = new AbortController();
  const fromMs = systemClock.now();
  const seen = watchBoots(cloud.database.rows, { after: ports, boots, chassis, perSecond, fromMs });
  const parts = { clock: systemClock, random: systemRandom };
  const northbound = opened.add(openNorthbound(calm.stage.engine.url, parts));
  const backlogs = sample(BACKLOG_MS, stop.signal, async () => backlogOf(northbound));
  const memories = sample(MEMORY_MS, stop.signal, async () => memoryOf(calm.servers));
  await calm.load.order({ kind: 'boots', after: ports, fromMs, perSecond, boots });
  stop.abort();
  const [backlog, rss] = [await backlogs, await memories];
  return {
    perSecond,
    tookMs: await seen,
    missingBoots: wanted - boots,
    backlogGrowth: growthOf(backlog, (part) => Math.max(LEAST, groupedMedian(part, AT_ONCE))),
    rssGrowth: growthOf(rss, (part) => percentile(part, 0.5)),
    backlog: groupedMedian(backlog, AT_ONCE),
  };
}

/** A server mostly sweeps its ledger, and slowly: the minute begins with a sweep, so that each third of it has the same to do. */
async function untilSweeping(server: Program): Promise<void> {
  const swept = (): Promise<number> => countOf([server], 'port_status_swept_total', {});
  const before = await swept();
  await eventually(async () => {
    if ((await swept()) === before) throw new Error('it does not sweep');
  }, PATIENCE_MS);
}

interface Rhythm {
  readonly after: number;
  readonly boots: number;
  readonly chassis: number;
  readonly perSecond: number;
  readonly fromMs: number;
}

/** How long after it was plugged each port of a sample was seen ACTIVE. */
async function watchBoots(
  rows: NeutronRows,
  { after, boots, chassis, perSecond, fromMs }: Rhythm,
): Promise<readonly number[]> {
  const dueMs = new Map<string, number>();
  for (let turn = 0; turn < boots; turn += ONE_OF) {
    const burst = Math.floor(turn / AT_ONCE) * AT_ONCE;
    dueMs.set(portIdOf(bootOf(turn, after, chassis)), fromMs + (burst * 1000) / perSecond);
  }
  const tookMs: number[] = [];
  while (dueMs.size > 0) {
    for (const id of await thoseThatAre(rows, 'ACTIVE', dueNow(dueMs))) {
      tookMs.push(systemClock.now() - (dueMs.get(id) ?? 0));
      dueMs.delete(id);
    }
    await systemClock.sleep(LOOK_MS);
  }
  return tookMs;
}

/** They are in the order of their times. */
function dueNow(dueMs: ReadonlyMap<string, number>): readonly string[] {
  const due: string[] = [];
  for (const [id, ms] of dueMs) {
    if (ms > systemClock.now()) break;
    due.push(id);
  }
  return due;
}

/** Reads a gauge from time to time until the signal. */
async function sample(
  everyMs: number,
  signal: AbortSignal,
  read: () => Promise<number>,
): Promise<readonly number[]> {
  const values: number[] = [];
  while (!signal.aborted) {
    values.push(await read());
    await systemClock.sleep(everyMs, { signal }).catch(() => undefined);
  }
  return values;
}

async function backlogOf(northbound: Northbound): Promise<number> {
  return (await northbound.listeners()).reduce((sum, { backlog }) => sum + backlog, 0);
}

function memoryOf(servers: readonly Program[]): number {
  return servers.reduce((sum, { pid }) => sum + rssMibOf(pid), 0);
}

/** A backlog of less than that is none: nothing is said of its growth. */
const LEAST = 100;

function growthOf(values: readonly number[], median: (part: readonly number[]) => number): number {
  const third = Math.floor(values.length / 3);
  return median(values.slice(-third)) / median(values.slice(0, third));
}

function resultOf(runs: readonly Steady[], options: ScenarioOptions, cloud: BenchCloud): Result {
  const { engine, db, ports, chassis, servers } = options;
  const size = { engine, db, ports, chassis, servers, runs: runs.length, forMs: FOR_MS };
  const summary = summarize(runs.map(figuresOf));
  const { medians, spreads, eachRun } = summary;
  return {
    scenario: 'steady',
    figures: { ...size, ...medians, spreads, eachRun },
    versions: cloud.versions,
    bounds: boundsOf(summary, options),
    rows: rowsOfFigures({ ...size, ...spreads, versions: cloud.versions }),
  };
}

function figuresOf({ perSecond, tookMs, ...rest }: Steady) {
  return { bootsPerSecond: perSecond, ...sharesOf(tookMs), ...rest };
}

function boundsOf(
  { medians, spreads }: Summary<ReturnType<typeof figuresOf>>,
  options: ScenarioOptions,
): readonly Bound[] {
  const lasts = atMost('missingBoots', spreads.missingBoots.max, 0);
  if (!isUsual(options)) return [lasts];
  return [
    lasts,
    atMost('p99Ms', medians.p99Ms, 250),
    atMost('backlogGrowth', medians.backlogGrowth, 1.1),
    atMost('rssGrowth', medians.rssGrowth, 1.1),
  ];
}

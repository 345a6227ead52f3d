import { systemClock } from '../src/runtime/clock.js';
import { Opened } from '../src/runtime/opened.js';
import { eventually } from '../tests/support/eventually.js';
import { countOf } from '../tests/support/metrics.js';
import { atLeast, atMost } from './bounds.js';
import { openCloud } from './cloud/bench-cloud.js';
import type { BenchCloud } from './cloud/bench-cloud.js';
import { writesOf } from './cloud/ports.js';
import { openCalm, playStorm } from './play-storm.js';
import type { Calm } from './play-storm.js';
import { eachRun, OF_CLOUDS } from './scenario.js';
import type { Result, Scenario } from './scenario.js';
import type { ScenarioOptions } from './options.js';
import { inParentheses, milliseconds, summarize } from './spread.js';

const PATIENCE_MS = 120_000;
/** How much sooner repeats have to be done than changes. */
const LEAST_RATIO = 3;

interface Repeated {
  /** From the first change to the last commit. */
  readonly changesMs: number;
  /** From the start of the agents until every chassis is complete and nothing is pending. */
  readonly startMs: number;
  /** From a loss of all northbound data until the last of what the agents say again is judged; null where none is made. */
  readonly lossMs: number | null;
  /** Statuses and revisions that either wrote to Neutron. */
  readonly writes: number;
}

/** All agents start again, then all northbound data is lost: nothing of it may cost Neutron a write. */
export const repeats: Scenario = {
  name: 'repeats',
  doc: 'all agents start again with every port as it was, then say it all again after a loss of data: time and writes, against those of changes',
  takes: { ...OF_CLOUDS, options: ['ports', 'chassis', 'servers', 'runs', 'profile', 'seed'] },
  run: async (options) => {
    await using opened = new Opened();
    options.say(`making ${options.ports} ports`);
    const cloud = await openCloud(options, opened);
    const runs = await eachRun(options, (stage) => sayAgain(cloud, options, stage));
    return resultOf(runs, options, cloud);
  },
};

async function sayAgain(
  cloud: BenchCloud,
  { servers, ports, seed }: ScenarioOptions,
  opened: Opened,
): Promise<Repeated> {
  const calm = await openCalm(cloud, servers, opened, '--http-listen', '127.0.0.1:0');
  const { portsPerSecond } = await playStorm(calm, seed);
  const writesBefore = await writesOf(cloud.database.rows);
  await calm.load.order({ kind: 'stop' });
  const startMs = await timeOf(async () => {
    await calm.load.order({ kind: 'start' });
    await untilNothingWaits(calm);
  });
  const { engine } = calm.stage;
  const due = (await judgedBy(calm)) + ports;
  const lose = engine.forget?.bind(engine);
  const lossMs = lose ? await timeOf(() => Promise.all([lose(), untilJudged(calm, due)])) : null;
  const writes = (await writesOf(cloud.database.rows)) - writesBefore;
  return { changesMs: (ports * 1000) / portsPerSecond, startMs, lossMs, writes };
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const startMs = systemClock.monotonicMs();
  await work();
  return systemClock.monotonicMs() - startMs;
}

async function untilNothingWaits({ servers }: Calm): Promise<void> {
  await eventually(async () => {
    const waiting = await countOf(servers, 'port_status_backlog', {});
    if (waiting > 0) throw new Error(`${waiting} are pending`);
  }, PATIENCE_MS);
}

function judgedBy({ servers }: Calm): Promise<number> {
  return countOf(servers, 'port_status_judged_total', { occasion: 'arrival' });
}

async function untilJudged(calm: Calm, count: number): Promise<void> {
  await eventually(async () => {
    const judged = await judgedBy(calm);
    if (judged < count) throw new Error(`${count - judged} are left`);
  }, PATIENCE_MS);
}

function resultOf(runs: readonly Repeated[], options: ScenarioOptions, cloud: BenchCloud): Result {
  const { engine, db, ports, chassis, servers } = options;
  const { medians, spreads, eachRun } = summarize(
    runs.map((run) => ({ ...run, ratio: run.changesMs / run.startMs })),
  );
  const { changesMs, startMs, lossMs, ratio } = spreads;
  const writes = spreads.writes.max;
  return {
    scenario: 'repeats',
    figures: {
      ...{ engine, db, ports, chassis, servers, runs: runs.length },
      ...{ ...medians, writes, spreads, eachRun },
    },
    versions: cloud.versions,
    rows: [
      {
        ports: String(ports),
        changes: milliseconds(changesMs),
        'all agents start again': `${milliseconds(startMs)}, ratio ${inParentheses(ratio, (value) => value.toFixed(1))}`,
        'all data is lost': lossMs === null ? '–' : milliseconds(lossMs),
        "writes in Neutron's tables": String(writes),
      },
    ],
    bounds: [atLeast('ratio', ratio.median, LEAST_RATIO), atMost('writes', writes, 0)],
  };
}

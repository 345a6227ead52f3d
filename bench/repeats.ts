import { systemClock } from '../src/runtime/clock.js';
import { Opened } from '../src/runtime/opened.js';
import { eventually } from '../tests/support/eventually.js';
import { countOf } from '../tests/support/metrics.js';
import { openCloud } from './cloud/bench-cloud.js';
import type { BenchCloud } from './cloud/bench-cloud.js';
import { writesOf } from './cloud/ports.js';
import { describeMachine } from './machine.js';
import { openCalm, playStorm } from './play-storm.js';
import type { Calm } from './play-storm.js';
import { eachRun } from './scenario.js';
import type { Result, Scenario, ScenarioOptions } from './scenario.js';
import { milliseconds, spreadOf } from './spread.js';
import type { Spread } from './spread.js';

const PATIENCE_MS = 120_000;
/** How much sooner repeats have to be done than changes. */
const LEAST_RATIO = 3;

interface Repeated {
  /** From the first change to the last commit. */
  readonly changesMs: number;
  /** From the start of the agents until the last of what they said again is judged. */
  readonly repeatsMs: number;
  /** Statuses and revisions that the repeats wrote to Neutron. */
  readonly writes: number;
}

/** All agents start again and say what they said before: nothing of it may cost Neutron a write. */
export const repeats: Scenario = {
  name: 'repeats',
  doc: 'all agents start again and publish every port as it was: time and writes, against those of changes',
  run: async (options) => {
    await using opened = new Opened();
    options.say(`making ${options.ports} ports`);
    const cloud = await openCloud(options, opened);
    const runs = await eachRun(options, (stage) => sayTwice(cloud, options, stage));
    return resultOf(runs, options, cloud);
  },
};

async function sayTwice(
  cloud: BenchCloud,
  { servers, ports, seed }: ScenarioOptions,
  opened: Opened,
): Promise<Repeated> {
  const calm = await openCalm(cloud, servers, opened, '--http-listen', '127.0.0.1:0');
  const { portsPerSecond } = await playStorm(calm, seed);
  await calm.load.order({ kind: 'stop' });
  const writesBefore = await writesOf(cloud.database.rows);
  const judgedBefore = await judgedBy(calm);
  const startMs = systemClock.monotonicMs();
  await Promise.all([calm.load.order({ kind: 'start' }), untilJudged(calm, judgedBefore + ports)]);
  const repeatsMs = systemClock.monotonicMs() - startMs;
  const writes = (await writesOf(cloud.database.rows)) - writesBefore;
  return { changesMs: (ports * 1000) / portsPerSecond, repeatsMs, writes };
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
  const { engine, db, ports, chassis, servers, seed } = options;
  const of = (value: (run: Repeated) => number): Spread => spreadOf(runs.map(value));
  const [changesMs, repeatsMs] = [of((run) => run.changesMs), of((run) => run.repeatsMs)];
  const ratio = of((run) => run.changesMs / run.repeatsMs);
  const writes = Math.max(...runs.map((run) => run.writes));
  return {
    ...{ scenario: 'repeats', seed, machine: describeMachine() },
    figures: {
      ...{ engine, db, ports, chassis, servers, runs: runs.length },
      ...{ changesMs, repeatsMs, ratio, writes, versions: { database: cloud.database.version } },
    },
    rows: [
      {
        ports: String(ports),
        changes: milliseconds(changesMs),
        repeats: milliseconds(repeatsMs),
        ratio: ratio.median.toFixed(1),
        "writes in Neutron's tables": String(writes),
      },
    ],
    verdict: ratio.median >= LEAST_RATIO && writes === 0 ? 'kept' : 'failed',
  };
}

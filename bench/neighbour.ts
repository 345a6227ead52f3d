import { systemClock } from '../src/runtime/clock.js';
import { Opened } from '../src/runtime/opened.js';
import { atLeast, atMost, isUsual } from './bounds.js';
import type { Bound } from './bounds.js';
import { openCloud } from './cloud/bench-cloud.js';
import type { BenchCloud } from './cloud/bench-cloud.js';
import { startNeighbour } from './cloud/neighbour.js';
import type { NeighbourFigures } from './cloud/neighbour.js';
import { plantOthers } from './cloud/ports.js';
import { openCalm, playStorm } from './play-storm.js';
import { eachRun, OF_CLOUDS } from './scenario.js';
import type { Result, Scenario } from './scenario.js';
import type { ScenarioOptions } from './options.js';
import { inParentheses, milliseconds, percentile, summarize } from './spread.js';
import type { Spreads } from './spread.js';

/** How long it is measured what transactions take when nothing else happens: 750 of them, each run. */
const CALM_MS = 15_000;
/** Until whoever renames has been compiled: neutron-server runs for weeks. */
const WARM_UP_MS = 5000;
/** From one port of the storm that is renamed to the next: of another chassis and batch. */
const STRIDE = 7919;
/** Ports that are none of ours. */
const OTHERS = 500;

interface Measured {
  readonly alone: NeighbourFigures;
  readonly others: NeighbourFigures;
  readonly same: NeighbourFigures;
  readonly portsPerSecond: number;
  readonly novaTold: number;
}

/** What a storm does to those who write to the same tables: Neutron's own work has to go on. */
export const neighbour: Scenario = {
  name: 'neighbour',
  doc: 'what transactions like those of neutron-server take during a storm, on other ports and on the same',
  takes: {
    ...OF_CLOUDS,
    dbs: ['mariadb'],
    options: ['ports', 'chassis', 'servers', 'runs', 'profile', 'seed'],
  },
  run: async (options) => {
    await using opened = new Opened();
    options.say(`making ${options.ports} ports`);
    const cloud = await openCloud(options, opened);
    const others = await plantOthers(cloud.database.rows, options.ports, OTHERS);
    const runs = await eachRun(options, (stage) => measure(cloud, others, options, stage));
    return resultOf(runs, options, cloud);
  },
};

async function measure(
  cloud: BenchCloud,
  others: readonly number[],
  { servers, ports, seed }: ScenarioOptions,
  opened: Opened,
): Promise<Measured> {
  const calm = await openCalm(cloud, servers, opened);
  const url = adminUrlOf(cloud);
  const onOthers = opened.add(
    startNeighbour({ url, first: others[0] ?? 0, count: others.length, stride: 1 }),
  );
  const onSame = opened.add(startNeighbour({ url, first: 1, count: ports, stride: STRIDE }));
  await systemClock.sleep(WARM_UP_MS);
  await Promise.all([onOthers.take(), onSame.take()]);
  await systemClock.sleep(CALM_MS);
  const [alone] = await Promise.all([onOthers.take(), onSame.take()]);
  const { portsPerSecond, novaTold } = await playStorm(calm, seed);
  const [during, same] = await Promise.all([onOthers.take(), onSame.take()]);
  return { alone, others: during, same, portsPerSecond, novaTold };
}

/** MariaDB's: neutron-server has rights that ours has not. */
function adminUrlOf({ database }: BenchCloud): string {
  const url = new URL(database.url);
  if (url.protocol !== 'mysql:') throw new Error('there is a neighbour on MariaDB alone');
  url.username = 'root';
  url.password = '';
  return url.href;
}

function resultOf(runs: readonly Measured[], options: ScenarioOptions, cloud: BenchCloud): Result {
  const { engine, db, ports, chassis, servers } = options;
  const { medians, spreads, eachRun } = summarize(runs.map(figuresOf));
  const ratioOfP99 = pooledP99(runs, 'others') / pooledP99(runs, 'alone');
  const kinds = ['alone', 'others', 'same'] as const;
  return {
    scenario: 'neighbour',
    figures: {
      ...{ engine, db, ports, chassis, servers, runs: runs.length },
      ...{ ...medians, ratioOfP99 },
      ...{ portsPerSecond: spreads.portsPerSecond, novaTold: spreads.novaTold.min, spreads, eachRun },
    },
    versions: cloud.versions,
    bounds: boundsOf(spreads, ratioOfP99, options),
    rows: kinds.map((kind) => ({
      neighbour: { alone: 'without a storm', others: 'on other ports', same: 'on the same ports' }[kind],
      p50: milliseconds(spreads[kind].p50Ms),
      p99: milliseconds(spreads[kind].p99Ms),
      retries: String(spreads[kind].retries.median),
      failures: String(spreads[kind].failures.max),
    })),
    footer: `p99 of all runs' transactions on other ports, over that without a storm: ${ratioOfP99.toFixed(1)}; run by run: ${inParentheses(spreads.ratioOfP99, (value) => value.toFixed(1))}`,
  };
}

/** In one run a p99 is the third slowest of the 250 transactions that a storm lasts for: chance. */
function pooledP99(runs: readonly Measured[], arm: 'alone' | 'others'): number {
  return percentile(
    runs.flatMap((run) => run[arm].tookMs),
    0.99,
  );
}

function figuresOf({ alone, others, same, portsPerSecond, novaTold }: Measured) {
  const arms = { alone: armOf(alone), others: armOf(others), same: armOf(same) };
  return { ...arms, ratioOfP99: arms.others.p99Ms / arms.alone.p99Ms, portsPerSecond, novaTold };
}

function armOf({ tookMs, retries, failures }: NeighbourFigures) {
  return { p50Ms: percentile(tookMs, 0.5), p99Ms: percentile(tookMs, 0.99), retries, failures };
}

function boundsOf(
  { alone, others, same, novaTold }: Spreads<ReturnType<typeof figuresOf>>,
  ratioOfP99: number,
  options: ScenarioOptions,
): readonly Bound[] {
  const failures = [alone, others, same].reduce((sum, arm) => sum + arm.failures.max, 0);
  return [
    atMost('failures', failures, 0),
    atLeast('novaTold', novaTold.min, options.ports),
    ...(isUsual(options) ? [atMost('ratioOfP99', ratioOfP99, 3)] : []),
  ];
}

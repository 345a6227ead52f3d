import { Opened } from '../src/runtime/opened.js';
import { portIdOf } from '../src/simulator/neutron-rows.js';
import { atMost } from './bounds.js';
import { openCloud } from './cloud/bench-cloud.js';
import type { BenchCloud, CloudSize } from './cloud/bench-cloud.js';
import { watchCommits } from './cloud/commits.js';
import { costOfListeners } from './listener-cost.js';
import { cloneFirstPort } from './million-ports.js';
import { openCalm, playStorm, untilTold } from './play-storm.js';
import type { Calm, Storm } from './play-storm.js';
import { OF_CLOUDS } from './scenario.js';
import type { Result, Scenario } from './scenario.js';
import type { Row } from './table.js';
import type { ScenarioOptions } from './options.js';
import { inParentheses, summarize } from './spread.js';
import type { Spread } from './spread.js';

/** A storm, and what is there besides. */
interface Point extends CloudSize {
  /** Of what the cost is shown to grow, or not. */
  readonly group: Group;
  readonly servers: number;
  /** Ports that Neutron and the ledger know, the storm's own among them. */
  readonly known: number;
}

type Group = 'known ports' | 'chassis' | 'servers' | 'listeners' | 'listeners, northbound alone';

/** The cost of one report at the second size of a group, over that at the first, at most. */
const MOST: Readonly<Partial<Record<Group, number>>> = { 'known ports': 1.3, chassis: 1.3, listeners: 1.2 };

const SMALL = { ports: 10_000, chassis: 100, servers: 1, known: 10_000 };
/** So many that ten thousand chassis have several each, as many as come up at once. */
const MANY = { ...SMALL, ports: 50_000, known: 50_000 };
const POINTS: readonly Point[] = [
  { ...SMALL, group: 'known ports' },
  { ...SMALL, group: 'known ports', known: 1_000_000 },
  { ...MANY, group: 'chassis' },
  { ...MANY, group: 'chassis', chassis: 10_000 },
  { ...SMALL, group: 'servers', chassis: 1000, ports: 20_000, known: 20_000 },
  { ...SMALL, group: 'servers', chassis: 1000, ports: 20_000, known: 20_000, servers: 2 },
  { ...SMALL, group: 'servers', chassis: 1000, ports: 20_000, known: 20_000, servers: 4 },
];
const LISTENERS = [4, 64];

interface Measured {
  readonly group: Group;
  /** Ports of one storm; absent where there was none. */
  readonly ports?: number;
  readonly chassis?: number;
  readonly size: number;
  readonly perSecond: Spread;
  /** Seconds of processor time for a thousand reports. */
  readonly cost: Spread;
  /** That of the median run, part by part. */
  readonly cpu: Storm['cpu'] | undefined;
  readonly eachRun: readonly object[];
}

/** How the cost of one report grows with what is there besides: it should not. */
export const scale: Scenario = {
  name: 'scale',
  doc: 'how the cost of a report grows with known ports, chassis, servers and listeners',
  takes: { ...OF_CLOUDS, dbs: ['mariadb'], options: ['runs', 'profile', 'seed'] },
  run: async (options) => {
    const measured: Measured[] = [];
    let versions: Result['versions'] = {};
    for (const point of POINTS) {
      await using opened = new Opened();
      options.say(`${point.group}: ${sizeOf(point)}`);
      const cloud = await openCloud({ ...options, ...point }, opened);
      measured.push(await measure(cloud, point, options, opened));
      versions = cloud.versions;
    }
    options.say(`${LISTENERS.join(' and ')} listeners`);
    const costs = await costOfListeners(options, LISTENERS, options.runs);
    const pointsOf = (group: Group, kind: 'whole' | 'carried'): readonly Measured[] =>
      costs.map((cost) => ({ ...cost[kind], group, size: cost.listeners, cpu: undefined }));
    measured.push(...pointsOf('listeners', 'whole'), ...pointsOf('listeners, northbound alone', 'carried'));
    return resultOf(measured, options, versions);
  },
};

/** The sweep is left out: its work is bounded by `reconcile.rate`, however many reports there are. */
const NO_SWEEP = ['--reconcile-every-ms', '3600000'];

async function measure(
  cloud: BenchCloud,
  point: Point,
  options: ScenarioOptions,
  opened: Opened,
): Promise<Measured> {
  const { group, ports, known, servers } = point;
  const calm = await openCalm(cloud, servers, opened, ...NO_SWEEP);
  await playStorm(calm, options.seed); // so that every program is warm
  if (known > ports) {
    const others = { from: ports + 1, to: known, areReported: true, chassis: 'known' };
    await cloneFirstPort(cloud.database.rows, others);
    await cloud.database.settle();
  }
  const storms: Storm[] = [];
  for (let run = 1; run <= options.runs; run++) {
    await calmDown(calm);
    storms.push(await playStorm(calm, options.seed + run));
  }
  const { spreads, eachRun } = summarize(
    storms.map((storm) => ({ perSecond: storm.portsPerSecond, cost: costOf(storm), cpu: storm.cpu })),
  );
  return {
    ...{ group, size: sizeOf(point), ports, chassis: point.chassis },
    perSecond: spreads.perSecond,
    cost: spreads.cost,
    cpu: storms.find((storm) => costOf(storm) === spreads.cost.median)?.cpu,
    eachRun,
  };
}

function sizeOf({ group, known, chassis, servers }: Point): number {
  switch (group) {
    case 'chassis':
      return chassis;
    case 'servers':
    case 'listeners':
    case 'listeners, northbound alone':
      return servers;
    case 'known ports':
      return known;
  }
}

/** What one storm came to beside the agents, which are on machines of their own; a file's work is in the server's. */
function costOf({ cpu }: Storm): number {
  return cpu.server + (cpu.northbound ?? 0) + (cpu.database ?? 0);
}

/** Every port goes DOWN, and Nova has heard of it. */
async function calmDown({ cloud, load }: Calm): Promise<void> {
  const { ports } = cloud.options;
  const { nova } = cloud.openstack;
  await load.order({ kind: 'all', status: 'DOWN' });
  await watchCommits(cloud.database.rows, { last: portIdOf(ports), status: 'DOWN' });
  const told = await untilTold(nova, 'network-vif-unplugged', ports);
  if (told.size < ports) throw new Error(`Nova heard of ${told.size} ports`);
}

function resultOf(
  measured: readonly Measured[],
  { engine, db, runs }: ScenarioOptions,
  versions: Result['versions'],
): Result {
  const ratios = measured.map((one) => ({ ...one, ratio: one.cost.median / firstOf(one, measured) }));
  return {
    scenario: 'scale',
    figures: { engine, db, runs, points: ratios },
    versions,
    rows: ratios.map(({ group, size, perSecond, cost, cpu, ratio }): Row => ({
      'grows with': group,
      size: size.toLocaleString('en'),
      'reports/s': inParentheses(perSecond, (value) => value.toFixed(0)),
      'CPU s per 1,000': inParentheses(cost, (value) => value.toFixed(3)),
      'server, northbound, database':
        cpu === undefined
          ? '–'
          : [cpu.server, cpu.northbound, cpu.database].map((part) => part?.toFixed(3) ?? '–').join(', '),
      'of the first': ratio.toFixed(2),
    })),
    bounds: ratios.flatMap(({ group, size, ratio }) => {
      const isFirst = ratios.find((other) => other.group === group)?.size === size;
      const most = MOST[group];
      if (isFirst || most === undefined) return [];
      return [atMost(`${group}, ${size.toLocaleString('en')}: ratio`, ratio, most)];
    }),
  };
}

function firstOf({ group, cost }: Measured, measured: readonly Measured[]): number {
  return (measured.find((other) => other.group === group)?.cost ?? cost).median;
}

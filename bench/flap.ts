import { systemClock } from '../src/runtime/clock.js';
import { Opened } from '../src/runtime/opened.js';
import { seededRandom } from '../src/runtime/random.js';
import type { Random } from '../src/runtime/random.js';
import { portIdOf } from '../src/simulator/neutron-rows.js';
import type { NeutronRows } from '../src/simulator/neutron-rows.js';
import { atMost } from './bounds.js';
import { openCloud } from './cloud/bench-cloud.js';
import type { BenchCloud } from './cloud/bench-cloud.js';
import { thoseThatAre } from './cloud/commits.js';
import { writesOf } from './cloud/ports.js';
import { cpuSecondsOf } from './cloud/processes.js';
import { eachRun, OF_CLOUDS } from './scenario.js';
import type { Result, Scenario } from './scenario.js';
import type { ScenarioOptions } from './options.js';
import { summarize } from './spread.js';
import { rowsOfFigures } from './table.js';

const HERTZ = 50;
const FOR_MS = 10_000;

/** Within so long after the last change every port has to be as its switch says. */
const SETTLED_WITHIN_MS = 30_000;
/** And so long nothing may change that. */
const STAYS_MS = 2000;
const LOOK_MS = 50;

interface Flapping {
  readonly published: number;
  readonly writtenPerSecond: number;
  readonly serverCpuShare: number;
  /** From when the last change was published until each port is as its switch says; null where one is not. */
  readonly settledMs: number | null;
  /** Ports that are not as their switches say when the time is over, and a while later. */
  readonly differing: number;
  readonly differingLater: number;
}

/** Every port changes fifty times a second: the last state of each wins, be it ACTIVE or DOWN. */
export const flap: Scenario = {
  name: 'flap',
  doc: `every port changes ${HERTZ} times a second for ${FOR_MS / 1000} s; half of them, which are drawn, are DOWN in the end`,
  takes: {
    ...OF_CLOUDS,
    options: ['ports', 'chassis', 'runs', 'profile', 'seed'],
    size: { ports: 1000, chassis: 100 },
  },
  run: async (options) => {
    await using opened = new Opened();
    const cloud = await openCloud(options, opened);
    const runs = await eachRun(options, (stage, run) => {
      const ends = drawEnds(options.ports, seededRandom(options.seed + run));
      return flapOnce(cloud, ends, stage);
    });
    return resultOf(runs, options, cloud);
  },
};

/** Numbers of ports, by the status that they have in the end. */
interface Ends {
  readonly down: readonly number[];
  readonly active: readonly number[];
}

function drawEnds(ports: number, random: Random): Ends {
  const keys = Array.from({ length: ports }, (_, index) => ({ number: index + 1, key: random.next() }));
  const drawn = keys.toSorted((a, b) => a.key - b.key).map(({ number }) => number);
  const half = Math.floor(ports / 2);
  return { down: drawn.slice(0, half), active: drawn.slice(half) };
}

async function flapOnce(cloud: BenchCloud, ends: Ends, opened: Opened): Promise<Flapping> {
  await cloud.makeFresh();
  const { ports } = cloud.options;
  const { rows } = cloud.database;
  const stage = await cloud.openStage(opened);
  const server = await stage.startServer('server-1');
  const load = await stage.startLoad();
  const before = { writes: await writesOf(rows), cpu: cpuSecondsOf(server.pid), atMs: systemClock.now() };
  const { down } = ends;
  const { published } = await load.order({ kind: 'flap', ports, hertz: HERTZ, forMs: FOR_MS, down });
  const endMs = systemClock.now();
  const differing = await untilSettled(rows, ends, endMs + SETTLED_WITHIN_MS);
  const settledAtMs = systemClock.now();
  const seconds = (settledAtMs - before.atMs) / 1000;
  const writtenPerSecond = ((await writesOf(rows)) - before.writes) / seconds;
  const serverCpuShare = (cpuSecondsOf(server.pid) - before.cpu) / seconds;
  await systemClock.sleep(STAYS_MS);
  return {
    ...{ published, writtenPerSecond, serverCpuShare },
    settledMs: differing === 0 ? settledAtMs - endMs : null,
    differing,
    differingLater: await differingFrom(rows, ends),
  };
}

/** @returns how many ports still differ when all agree, or the time is over. */
async function untilSettled(rows: NeutronRows, ends: Ends, untilMs: number): Promise<number> {
  for (;;) {
    const differing = await differingFrom(rows, ends);
    if (differing === 0 || systemClock.now() > untilMs) return differing;
    await systemClock.sleep(LOOK_MS);
  }
}

async function differingFrom(rows: NeutronRows, { down, active }: Ends): Promise<number> {
  const areDown = await thoseThatAre(rows, 'DOWN', down.map(portIdOf));
  const areActive = await thoseThatAre(rows, 'ACTIVE', active.map(portIdOf));
  return down.length + active.length - areDown.length - areActive.length;
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
    bounds: [
      atMost('differing', spreads.differing.max, 0),
      atMost('differingLater', spreads.differingLater.max, 0),
    ],
    footer: `In the end half of the ports, which are drawn, are DOWN on their switches, and the others ACTIVE. So they are in Neutron but ${spreads.differing.max}, and ${STAYS_MS / 1000} s later but ${spreads.differingLater.max}.`,
    rows: rowsOfFigures({ ...size, ...load, ...spreads, versions: cloud.versions }),
  };
}

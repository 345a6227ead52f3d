import { Opened } from '../src/runtime/opened.js';
import { atMost, below, isTrue } from './bounds.js';
import type { Bound } from './bounds.js';
import { damage, WAYS_COUNT } from './damage.js';
import type { Damaged } from './damage.js';
import { openMillionCloud } from './million-cloud.js';
import type { MillionCloud } from './million-cloud.js';
import { pictureOf } from './picture.js';
import { isWithin, rateOf, run } from './reconcile-run.js';
import type { Answer } from './reconcile-run.js';
import type { Result, Scenario } from './scenario.js';
import { rowsOfFigures } from './table.js';
import { letServerTellNova } from './tell-nova.js';

const PORTS = 1_000_000;

/** Ports that are ACTIVE on chassis without agents. */
const SILENT = 10_000;

/** Rows a second, as is the default; and as fast as it goes. */
const RATE = 20_000;
const UNBOUNDED = 1_000_000;

type Say = (line: string) => void;

/** What the command may take at most. */
const MOST_RSS_MIB = 300;

/** Shows that `port-status reconcile` finds just what is damaged among a million ports, mends it, and touches nothing else. */
export const sweep: Scenario = {
  name: 'sweep',
  doc: `has port-status reconcile compare ${PORTS} ports, some of them damaged in ${WAYS_COUNT} ways`,
  takes: { engines: [], dbs: [], options: [] },
  run: async ({ say }) => {
    await using opened = new Opened();
    say(`making ${PORTS + SILENT} ports`);
    const cloud = await openMillionCloud(opened);
    await cloud.fill({ ports: PORTS, silent: SILENT });
    const damaged = await damage(cloud, PORTS);
    const mended = await mendAll(cloud, damaged, say);
    const again = await lookAgain(cloud, damaged, say);
    const peakRssMib = Math.max(mended.peakRssMib, again.peakRssMib);
    const figures = { ports: PORTS, damaged: damaged.length, ...mended, ...again, peakRssMib };
    return resultOf(figures, await cloud.versions());
  },
};

function isExactly({ changes }: Answer, damaged: readonly Damaged[]): boolean {
  const found = changes.map(({ kind, portId }) => `${portId} ${kind}`).sort();
  const planted = damaged.map(({ kind, portId }) => `${portId} ${kind}`).sort();
  return JSON.stringify(found) === JSON.stringify(planted);
}

/** Looks without writing, then mends. */
async function mendAll(cloud: MillionCloud, damaged: readonly Damaged[], say: Say): Promise<Mended> {
  const all = await pictureOf(cloud);
  const rest = await pictureOf(cloud, damaged);
  say('looking');
  const look = await run(cloud, RATE, '--dry-run');
  const isDryRunDry = all === (await pictureOf(cloud));
  say('mending');
  const mending = await run(cloud, RATE);
  return {
    found: look.changes.length,
    isExact: isExactly(look, damaged),
    isDryRunDry,
    mended: mending.counts.mended,
    leftToServers: mending.counts.left,
    isRestUntouched: rest === (await pictureOf(cloud, damaged)),
    silentPorts: look.counts.silent,
    isRateKept: isWithin(RATE, look) && isWithin(RATE, mending),
    rowsPerSecond: rateOf(look),
    peakRssMib: Math.max(look.peakRssMib, mending.peakRssMib),
  };
}

/** Looks again when a server has told Nova, and mends right after a total loss. */
async function lookAgain(cloud: MillionCloud, damaged: readonly Damaged[], say: Say): Promise<Again> {
  say('telling Nova');
  await letServerTellNova(cloud, damaged);
  const again = await run(cloud, UNBOUNDED, '--dry-run');
  say('losing the northbound database');
  await cloud.loseNorthbound();
  const before = await pictureOf(cloud);
  const afterLoss = await run(cloud, UNBOUNDED);
  return {
    leftAfterMending: again.changes.length,
    changedAfterLoss: afterLoss.changes.length,
    isUntouchedAfterLoss: before === (await pictureOf(cloud)),
    mostRowsPerSecond: rateOf(again),
    peakRssMib: Math.max(again.peakRssMib, afterLoss.peakRssMib),
  };
}

interface Mended {
  readonly found: number;
  readonly isExact: boolean;
  readonly isDryRunDry: boolean;
  readonly mended: number;
  /** Words to Nova. */
  readonly leftToServers: number;
  readonly isRestUntouched: boolean;
  readonly silentPorts: number;
  readonly isRateKept: boolean;
  readonly rowsPerSecond: number;
  readonly peakRssMib: number;
}

interface Again {
  readonly leftAfterMending: number;
  readonly changedAfterLoss: number;
  readonly isUntouchedAfterLoss: boolean;
  /** Without a bound. */
  readonly mostRowsPerSecond: number;
  readonly peakRssMib: number;
}

interface Figures extends Mended, Again {
  readonly ports: number;
  readonly damaged: number;
}

function resultOf(figures: Figures, versions: Result['versions']): Result {
  const rows = rowsOfFigures(figures);
  const all = { engine: 'redis', db: 'mariadb', ...figures };
  return { scenario: 'sweep', figures: all, versions, rows, bounds: boundsOf(figures) };
}

function boundsOf(figures: Figures): readonly Bound[] {
  const { damaged, mended, leftToServers, leftAfterMending, changedAfterLoss, silentPorts } = figures;
  return [
    isTrue('just what is damaged is found', figures.isExact),
    isTrue('a dry run writes nothing', figures.isDryRunDry),
    isTrue('the rest is untouched', figures.isRestUntouched),
    isTrue('nothing is touched after a loss', figures.isUntouchedAfterLoss),
    isTrue('the rate is kept', figures.isRateKept),
    isTrue('whatever is damaged is mended or left to servers', mended + leftToServers === damaged),
    atMost('damaged after mending', leftAfterMending, 0),
    atMost('changed after a loss', changedAfterLoss, 0),
    isTrue('ports without agents are all named', silentPorts === SILENT),
    below('peakRssMib', figures.peakRssMib, MOST_RSS_MIB),
  ];
}

import { Opened } from '../src/runtime/opened.js';
import { atLeast } from './bounds.js';
import { openCloud } from './cloud/bench-cloud.js';
import type { BenchCloud } from './cloud/bench-cloud.js';
import { Follower } from './cloud/follow-page.js';
import type { Followed } from './cloud/follow-page.js';
import { openCalm, playStorm } from './play-storm.js';
import type { Storm } from './play-storm.js';
import { eachRun, OF_CLOUDS } from './scenario.js';
import type { Result, Scenario } from './scenario.js';
import type { Row } from './table.js';
import type { ScenarioOptions } from './options.js';
import { inParentheses, summarize } from './spread.js';
import type { Spread } from './spread.js';

/** What a storm with the page open has to reach of one without. */
const LEAST_RATIO = 0.95;

interface Pair {
  readonly without: Storm;
  readonly with: Storm;
  readonly followed: Followed;
}

/** Somebody looks on: a storm without metrics and page, then one with both, in turns. */
export const page: Scenario = {
  name: 'page',
  doc: 'a storm while metrics are scraped each second and the page is open, against one without, in turns',
  takes: { ...OF_CLOUDS, options: ['ports', 'chassis', 'servers', 'runs', 'profile', 'seed'] },
  run: async (options) => {
    await using opened = new Opened();
    options.say(`making ${options.ports} ports`);
    const cloud = await openCloud(options, opened);
    const pairs = await eachRun(options, async () => {
      const without = await stormAlone(cloud, options);
      return { without, ...(await stormWatched(cloud, options)) };
    });
    return resultOf(pairs, options, cloud);
  },
};

async function stormAlone(cloud: BenchCloud, { servers, seed }: ScenarioOptions): Promise<Storm> {
  await using opened = new Opened();
  return await playStorm(await openCalm(cloud, servers, opened), seed);
}

async function stormWatched(
  cloud: BenchCloud,
  { servers, seed }: ScenarioOptions,
): Promise<Omit<Pair, 'without'>> {
  await using opened = new Opened();
  const calm = await openCalm(cloud, servers, opened, '--http-listen', '127.0.0.1:0');
  const [first] = calm.servers;
  if (first === undefined)
    throw new Error('there is no server with a page; give at least one with --servers');
  const follower = await Follower.open(first, calm.servers);
  follower.reset();
  const storm = await playStorm(calm, seed);
  return { with: storm, followed: await follower.stop() };
}

function resultOf(pairs: readonly Pair[], options: ScenarioOptions, cloud: BenchCloud): Result {
  const { engine, db, ports, chassis, servers } = options;
  const { medians, spreads, eachRun } = summarize(pairs.map(figuresOf));
  const { ratio, withPage, withoutPage } = spreads;
  const row = (storm: string, { portsPerSecond, serverCpuSecondsPer1000 }: typeof withoutPage): Row => ({
    storm,
    'ports/s': inWords(portsPerSecond, 0),
    'CPU s per 1,000 of the server': inWords(serverCpuSecondsPer1000, 3),
  });
  return {
    scenario: 'page',
    figures: {
      ...{ engine, db, ports, chassis, servers, runs: pairs.length },
      ...medians,
      ...{ portsPerSecond: withPage.portsPerSecond, leastRatio: LEAST_RATIO, spreads, eachRun },
    },
    versions: cloud.versions,
    rows: [row('without', withoutPage), row('metrics scraped, page open', withPage)],
    footer: `Ratio of ports/s, pair by pair: ${inWords(ratio, 3)}; at least ${LEAST_RATIO} is wanted.`,
    bounds: [atLeast('ratio', ratio.median, LEAST_RATIO)],
  };
}

function figuresOf(pair: Pair) {
  const { overviews, answers, slowestMs, scrapes } = pair.followed;
  const withoutPage = stormFiguresOf(pair.without);
  const asked = { overviews, answers, slowestAnswerMs: slowestMs, scrapes };
  const withPage = { ...stormFiguresOf(pair.with), ...asked };
  return { ratio: withPage.portsPerSecond / withoutPage.portsPerSecond, withoutPage, withPage };
}

function stormFiguresOf({ portsPerSecond, cpu }: Storm) {
  return { portsPerSecond, serverCpuSecondsPer1000: cpu.server };
}

function inWords(spread: Spread, digits: number): string {
  const fixed = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return inParentheses(spread, (value) => value.toLocaleString('en', fixed));
}

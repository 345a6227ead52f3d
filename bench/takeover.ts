import { systemClock } from '../src/runtime/clock.js';
import { Opened } from '../src/runtime/opened.js';
import { runProgram } from '../tests/support/process.js';
import { atMost } from './bounds.js';
import { openCloud } from './cloud/bench-cloud.js';
import type { BenchCloud } from './cloud/bench-cloud.js';
import { watchCommits } from './cloud/commits.js';
import { eachRun, OF_CLOUDS } from './scenario.js';
import type { Result, Scenario } from './scenario.js';
import type { ScenarioOptions } from './options.js';
import { milliseconds, spreadOf } from './spread.js';

/** The servers' ttl: what a server is given unless said otherwise. */
const TTL_MS = 3000;
/** What the last commit may take beyond it. */
const MOST_MS = TTL_MS + 10_000;

/** A server is killed in whose topic the reports of all ports wait: how long until another has written the last of them. */
export const takeover: Scenario = {
  name: 'takeover',
  doc: 'a server is killed with the reports of all ports pending: how long until the last is committed elsewhere',
  takes: { ...OF_CLOUDS, options: ['ports', 'chassis', 'runs', 'profile'] },
  run: async (options) => {
    await using opened = new Opened();
    options.say(`making ${options.ports} ports`);
    const cloud = await openCloud(options, opened);
    const tookMs = await eachRun(options, (stage) => killWithAll(cloud, stage));
    return resultOf(tookMs, options, cloud);
  },
};

/** Writing is paused until the server is dead, so that it dies with every report. */
async function killWithAll(cloud: BenchCloud, opened: Opened): Promise<number> {
  await cloud.makeFresh();
  const stage = await cloud.openStage(opened);
  const dying = await stage.startServer('dying');
  const load = await stage.startLoad();
  await direct('pause', cloud);
  await load.order({ kind: 'all', status: 'ACTIVE' });
  await stage.startServer('heir');
  const startMs = systemClock.now();
  await dying.kill();
  await direct('resume', cloud);
  const { lastAtMs } = await watchCommits(cloud.database.rows);
  return lastAtMs - startMs;
}

async function direct(command: 'pause' | 'resume', { database }: BenchCloud): Promise<void> {
  const { exitCode, stderr } = await runProgram([command, '--neutron-url', database.url]);
  if (exitCode !== 0) throw new Error(`port-status ${command}: ${stderr}`);
}

function resultOf(tookMs: readonly number[], options: ScenarioOptions, cloud: BenchCloud): Result {
  const { engine, db, ports, chassis } = options;
  const spread = spreadOf(tookMs);
  return {
    scenario: 'takeover',
    figures: {
      ...{ engine, db, ports, chassis, servers: 2, runs: tookMs.length },
      ...{ ttlMs: TTL_MS, lastCommitMs: spread, eachRun: tookMs.map((lastCommitMs) => ({ lastCommitMs })) },
    },
    versions: cloud.versions,
    rows: [{ pending: String(ports), 'last commit': milliseconds(spread), 'at most': `${MOST_MS} ms` }],
    bounds: [atMost('greatest lastCommitMs', spread.max, MOST_MS)],
  };
}

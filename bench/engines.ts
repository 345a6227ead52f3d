import type { Northbound } from '../src/northbound/northbound.js';
import { Opened } from '../src/runtime/opened.js';
import { ENGINE_HOMES } from './engine-homes.js';
import type { EngineHome } from './engine-homes.js';
import { adoptAll, BATCH, drainTopic, join, measureLatency, publishAll } from './engine-load.js';
import { describeMachine } from './machine.js';
import type { Result, Row, Scenario, ScenarioOptions } from './scenario.js';
import { milliseconds, percentile, spreadOf, thousands } from './spread.js';
import type { Spread } from './spread.js';

/** So often is everything measured, each time on a new database. */
const RUNS = 3;
const REPORTS = 20_000;
const IDLE_ROUNDS = 300;

/** One run of one engine. */
interface Figures {
  readonly publishPerSecond: number;
  readonly drainPerSecond: number;
  readonly idleP50Ms: number;
  readonly idleP99Ms: number;
  readonly adoptMs: number;
  readonly adoptLongestStepMs: number;
}

interface EngineFigures {
  readonly engine: string;
  readonly version: string;
  readonly reports: number;
  readonly batch: number;
  readonly runs: number;
  readonly spreads: Readonly<Record<keyof Figures, Spread>>;
}

/** Publish, receive and acknowledge, wake-up and adoption of every engine, in one run on one machine. */
export const engines: Scenario = {
  name: 'engines',
  doc: 'compares the engines of the northbound database',
  run: async (options) => {
    const figures: EngineFigures[] = [];
    for (const engine of options.engines ?? Object.keys(ENGINE_HOMES))
      figures.push(await measure(engine, options));
    return resultOf(figures, options);
  },
};

async function measure(engine: string, { say }: ScenarioOptions): Promise<EngineFigures> {
  const start = ENGINE_HOMES[engine];
  if (start === undefined)
    throw new Error(`no engine ${engine}; there are ${Object.keys(ENGINE_HOMES).join(', ')}`);
  const runs: Figures[] = [];
  let version = '';
  for (let run = 1; run <= RUNS; run++) {
    say(`${engine}: run ${run} of ${RUNS}`);
    await using opened = new Opened();
    const home = await start();
    opened.add({ close: () => home.dispose() });
    version = home.version;
    runs.push(await measureOnce(home, opened));
  }
  const spread = (key: keyof Figures): Spread => spreadOf(runs.map((figures) => figures[key]));
  const spreads = {
    publishPerSecond: spread('publishPerSecond'),
    drainPerSecond: spread('drainPerSecond'),
    idleP50Ms: spread('idleP50Ms'),
    idleP99Ms: spread('idleP99Ms'),
    adoptMs: spread('adoptMs'),
    adoptLongestStepMs: spread('adoptLongestStepMs'),
  };
  return { engine, version, reports: REPORTS, batch: BATCH, runs: RUNS, spreads };
}

async function measureOnce(home: EngineHome, opened: Opened): Promise<Figures> {
  const [agent, server] = [opened.add(home.connect()), opened.add(home.connect())];
  const member = await join(server, 'bench');
  const idle = await measureLatency(agent, server, member, IDLE_ROUNDS);
  const publishPerSecond = await publishAll(agent, REPORTS);
  const drainPerSecond = await drainTopic(server, member, REPORTS);
  await server.leave(member);
  const adoption = await measureAdoption(home, opened);
  return {
    publishPerSecond,
    drainPerSecond,
    idleP50Ms: percentile(idle, 0.5),
    idleP99Ms: percentile(idle, 0.99),
    adoptMs: adoption.tookMs,
    adoptLongestStepMs: adoption.longestMs,
  };
}

/** Reports pending with a listener that left; another one moves them to itself. */
async function measureAdoption(home: EngineHome, opened: Opened): ReturnType<typeof adoptAll> {
  const connect = (): Northbound => opened.add(home.connect());
  const [agent, leaving, staying] = [connect(), connect(), connect()];
  const leaver = await join(leaving, 'leaving');
  await publishAll(agent, REPORTS);
  const member = await join(staying, 'staying');
  await leaving.leave(leaver);
  return adoptAll(staying, member);
}

function resultOf(figures: readonly EngineFigures[], { seed }: ScenarioOptions): Result {
  return { scenario: 'engines', seed, machine: describeMachine(), figures, rows: figures.map(rowOf) };
}

function rowOf({ engine, version, spreads }: EngineFigures): Row {
  return {
    engine,
    version,
    'publish/s': thousands(spreads.publishPerSecond),
    'receive + acknowledge/s': thousands(spreads.drainPerSecond),
    'idle p50': milliseconds(spreads.idleP50Ms),
    'idle p99': milliseconds(spreads.idleP99Ms),
    'adopt 20,000': milliseconds(spreads.adoptMs),
    'longest step': milliseconds(spreads.adoptLongestStepMs),
  };
}

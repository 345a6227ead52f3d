import type { Northbound } from '../src/northbound/northbound.js';
import { Opened } from '../src/runtime/opened.js';
import { ENGINE_HOMES } from './engine-homes.js';
import type { EngineHome } from './engine-homes.js';
import { adoptAll, BATCH, drainTopic, join, measureLatency, publishAll } from './engine-load.js';
import type { Reading } from './engine-meters.js';
import type { Result, Scenario } from './scenario.js';
import type { Row } from './table.js';
import type { ScenarioOptions } from './options.js';
import { bytes, milliseconds, percentile, spreadOf, thousands, times } from './spread.js';
import type { Spread } from './spread.js';
import { tableOf } from './table.js';

/** So often is everything measured, each time on a new database. */
const RUNS = 3;
const REPORTS = 20_000;
const IDLE_ROUNDS = 300;

/** What one report costs its engine, from publish to acknowledge. */
interface Costs {
  readonly publishOperations: number;
  readonly drainOperations: number;
  readonly bytesWritten: number;
  /** Of a report that is pending, with its place in a topic. */
  readonly bytesPending: number;
  /** Of a report that is acknowledged: what a port takes from then on. */
  readonly bytesKept: number;
}

/** One run of one engine. */
interface Figures {
  readonly publishPerSecond: number;
  readonly drainPerSecond: number;
  readonly idleP50Ms: number;
  readonly idleP99Ms: number;
  readonly adoptMs: number;
  readonly adoptLongestStepMs: number;
  readonly costs: Costs | undefined;
}

type Spreads<T> = Readonly<Record<keyof T, Spread>>;

interface EngineFigures {
  readonly engine: string;
  readonly version: string;
  readonly reports: number;
  readonly batch: number;
  readonly runs: number;
  readonly spreads: Spreads<Omit<Figures, 'costs'>>;
  /** For one report; absent where nothing counts them. */
  readonly costs: Spreads<Costs> | undefined;
}

/** Publish, receive and acknowledge, wake-up, adoption and cost of every engine, in one run on one machine. */
export const engines: Scenario = {
  name: 'engines',
  doc: 'compares the engines of the northbound database',
  takes: { engines: Object.keys(ENGINE_HOMES), areEnginesCompared: true, dbs: [], options: [] },
  run: async (options) => {
    const figures: EngineFigures[] = [];
    for (const engine of options.engines ?? Object.keys(ENGINE_HOMES))
      figures.push(await measure(engine, options));
    return resultOf(figures);
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
  const costs = runs.flatMap((figures) => figures.costs ?? []);
  return {
    ...{ engine, version, reports: REPORTS, batch: BATCH, runs: RUNS },
    spreads: spreadsOf(runs, SPEEDS),
    costs: costs.length === 0 ? undefined : spreadsOf(costs, COSTS),
  };
}

const SPEEDS = [
  'publishPerSecond',
  'drainPerSecond',
  'idleP50Ms',
  'idleP99Ms',
  'adoptMs',
  'adoptLongestStepMs',
] as const;
const COSTS = ['publishOperations', 'drainOperations', 'bytesWritten', 'bytesPending', 'bytesKept'] as const;

function spreadsOf<Key extends string>(
  runs: readonly Readonly<Record<Key, number>>[],
  keys: readonly Key[],
): Readonly<Record<Key, Spread>> {
  const entries = keys.map((key) => [key, spreadOf(runs.map((figures) => figures[key]))] as const);
  return Object.fromEntries(entries) as Record<Key, Spread>;
}

async function measureOnce(home: EngineHome, opened: Opened): Promise<Figures> {
  const [agent, server] = [opened.add(home.connect()), opened.add(home.connect())];
  const member = await join(server, 'bench');
  const idle = await measureLatency(agent, server, member, IDLE_ROUNDS);
  const before = await home.meter?.();
  const publishPerSecond = await publishAll(agent, REPORTS);
  const pending = await home.meter?.();
  const drainPerSecond = await drainTopic(server, member, REPORTS);
  const costs = costsOf(before, pending, await home.meter?.());
  await server.leave(member);
  const adoption = await measureAdoption(home, opened);
  return {
    publishPerSecond,
    drainPerSecond,
    idleP50Ms: percentile(idle, 0.5),
    idleP99Ms: percentile(idle, 0.99),
    adoptMs: adoption.tookMs,
    adoptLongestStepMs: adoption.longestMs,
    costs,
  };
}

function costsOf(before?: Reading, pending?: Reading, after?: Reading): Costs | undefined {
  if (before === undefined || pending === undefined || after === undefined) return undefined;
  const each = (more: number, less: number): number => (more - less) / REPORTS;
  return {
    publishOperations: each(pending.operations, before.operations),
    drainOperations: each(after.operations, pending.operations),
    bytesWritten: each(after.written, before.written),
    bytesPending: each(pending.kept, before.kept),
    bytesKept: each(after.kept, before.kept),
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

function resultOf(engines: readonly EngineFigures[]): Result {
  return {
    scenario: 'engines',
    figures: { runs: RUNS, engines },
    versions: Object.fromEntries(engines.map(({ engine, version }) => [engine, version])),
    rows: engines.map(speedsOf),
    bounds: [],
    footer: `One report costs its engine:\n\n${tableOf(engines.map(costRowOf))}`,
  };
}

function speedsOf({ engine, version, spreads }: EngineFigures): Row {
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

function costRowOf({ engine, costs }: EngineFigures): Row {
  return {
    engine,
    'operations to publish': times(costs?.publishOperations),
    'to receive and acknowledge': times(costs?.drainOperations),
    'written to disk': bytes(costs?.bytesWritten),
    'kept while pending': bytes(costs?.bytesPending),
    'kept afterwards': bytes(costs?.bytesKept),
  };
}

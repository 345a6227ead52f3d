import { readFileSync } from 'node:fs';
import { CompiledQuery } from 'kysely';
import type { Answer, ExternalEvent } from '../../domain/debt.js';
import type { Neutron } from '../../neutron/neutron.js';
import type { Db, SqlStore } from '../../neutron/sql/dialect.js';
import { migrate } from '../../neutron/sql/migrations.js';
import { openSqlite } from '../../neutron/sql/sqlite.js';
import { createNeutron } from '../../neutron/sql/store.js';
import { MemoryDatabase } from '../../northbound/memory/database.js';
import { MemoryNorthbound } from '../../northbound/memory/memory-northbound.js';
import type { Northbound } from '../../northbound/northbound.js';
import type { Nova } from '../../nova/nova.js';
import type { Clock } from '../../runtime/clock.js';
import { createLogger, silentLogger } from '../../runtime/logger.js';
import type { Logger } from '../../runtime/logger.js';
import { createMetrics } from '../../runtime/metrics.js';
import type { Metrics } from '../../runtime/metrics.js';
import { seededRandom } from '../../runtime/random.js';
import type { Tracer } from '../../runtime/tracer.js';
import { VirtualClock } from '../../runtime/virtual-clock.js';
import { createServer } from '../../server/server.js';
import type { Server } from '../../server/server.js';
import type { ServerOptions } from '../../server/session.js';
import { plantNetwork, portIdOf } from '../neutron-rows.js';
import type { NeutronRows } from '../neutron-rows.js';
import { MachineClock } from './machine-clock.js';
import { Process } from './process.js';

const TABLES = new URL('../../../neutron-schema/sqlite.sql', import.meta.url);

export const TTL_MS = 3000;
export const HEARTBEAT_MS = 900;
export const RECONCILE_MS = 30_000;
/** A dead server's work is taken over within this: its ttl, a third of it, and one second to do it. */
export const TAKEOVER_MS = TTL_MS + TTL_MS / 3 + 1000;

export const OPTIONS: Omit<ServerOptions, 'id'> = {
  program: '1',
  lease: { ttlMs: TTL_MS, heartbeatMs: HEARTBEAT_MS },
  batch: 100,
  policy: { drivers: new Set(['openvswitch']), buildGraceMs: 10_000 },
  willWrite: true,
  mayWrite: () => true,
  lookEveryMs: 2000,
  reconcileEveryMs: RECONCILE_MS,
  reconcileRate: Infinity,
  settleEveryMs: 1000,
  settle: { helpsForMs: 300_000, backoffMs: { first: 250, most: 15_000 }, refusedAttempts: 5 },
  wireGreatest: 2,
  quarantineMax: 3,
  leastOfCall: 2,
};

/** One server under test, as a process of its own. */
export interface RunningServer {
  readonly server: Server;
  readonly process: Process;
  readonly machine: MachineClock;
  readonly northbound: MemoryNorthbound;
  readonly metrics: Metrics;
  readonly log: readonly Readonly<Record<string, unknown>>[];
  /** Resolves when it has ended; with its error, if it ended with one. */
  readonly ended: Promise<unknown>;
  readonly stop: () => void;
}

/** A server's connection to the northbound database, which may know in which registration it works. */
type Connection = MemoryNorthbound & { readonly generation?: string | undefined };

/** The real server loops, the real store and the memory engine, under a virtual clock. */
export class Rig {
  readonly clock: VirtualClock;
  readonly database: MemoryDatabase;
  readonly neutron: Neutron;
  readonly rows: NeutronRows;
  readonly nova = new ScriptedNova();
  /** Where the traces of servers begin that are started from now on. */
  tracer: Tracer | undefined;
  /** Connects a server to the northbound database. */
  connect: (process: Process) => Connection = () => new MemoryNorthbound(this.database);
  /** The northbound database as an operator sees it. */
  readonly northbound: MemoryNorthbound;
  readonly #servers: RunningServer[] = [];
  readonly #store: SqlStore;
  readonly #quiet: Metrics | undefined;
  #seed = 1;

  /** @param quiet the metrics of every server; without them each has its own, and keeps its log. */
  constructor(clock: VirtualClock, store: SqlStore, quiet?: Metrics) {
    this.clock = clock;
    this.#quiet = quiet;
    this.#store = store;
    this.database = new MemoryDatabase({ clock, random: seededRandom(1) });
    this.northbound = new MemoryNorthbound(this.database);
    this.neutron = createNeutron(store, { clock: this.clock, random: seededRandom(2) });
    this.rows = rowsOf(store.db);
  }

  /** Starts a server; it has joined when this resolves, where nothing is in its way. */
  async start(
    id: string,
    changes: Partial<ServerOptions> = {},
    prepare?: (process: Process) => void,
  ): Promise<RunningServer> {
    const running = this.launch(id, changes, prepare);
    await this.pass(0);
    return running;
  }

  /** Starts a server, which joins when time goes on. */
  launch(id: string, changes: Partial<ServerOptions>, prepare?: (process: Process) => void): RunningServer {
    const process = new Process();
    prepare?.(process);
    const northbound = this.connect(process);
    const log: Record<string, unknown>[] = [];
    const metrics = this.#quiet ?? createMetrics();
    const machine = new MachineClock(this.clock);
    const options = { ...OPTIONS, ...changes, id };
    const server = createServer({
      northbound: process.reach<Northbound>(northbound),
      neutron: process.reach(this.neutron),
      nova: options.willWrite
        ? process.reach<Nova>(this.nova.heardFrom(id, () => northbound.generation))
        : undefined,
      clock: process.clockOf(machine),
      random: seededRandom(100 + this.#seed++),
      logger: this.#quiet === undefined ? keepLog(log) : silentLogger,
      metrics,
      tracer: this.tracer,
      options,
    });
    const stop = new AbortController();
    const ended = server.run(stop.signal).catch((error: unknown) => error);
    const running = { server, process, machine, northbound, metrics, log, ended, stop: () => stop.abort() };
    this.#servers.push(running);
    return running;
  }

  /** Lets everything run that is due within so many milliseconds. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    for (let turns = 0; turns < 5; turns++) await this.clock.advance(0);
  }

  /** Stops every server and closes the database. */
  async end(): Promise<void> {
    await this.stopAll();
    await this.neutron.close();
  }

  /** Stops every server. */
  async stopAll(): Promise<void> {
    for (const { stop } of this.#servers) stop();
    await this.pass(TAKEOVER_MS);
  }

  /** Runs statements in one transaction, as neutron-server would: no server's comes in between. */
  async inTransaction<T>(work: (rows: NeutronRows) => Promise<T>): Promise<T> {
    return this.#store.db.connection().execute(async (db) => {
      const rows = rowsOf(db);
      await rows.run('begin immediate');
      try {
        const result = await work(rows);
        await rows.run('commit');
        return result;
      } catch (error) {
        await rows.run('rollback');
        throw error;
      }
    });
  }
}

function keepLog(log: Record<string, unknown>[]): Logger {
  return createLogger('info', {
    write: (line) => void log.push(JSON.parse(line) as Record<string, unknown>),
  });
}

/** A database with Neutron's tables and the ledger, in memory. */
export async function openTables(clock: Clock): Promise<SqlStore> {
  const store = openSqlite(':memory:', clock);
  const rows = rowsOf(store.db);
  for (const statement of readFileSync(TABLES, 'utf8').replaceAll(/--.*$/gm, '').split(';')) {
    if (statement.trim() !== '') await rows.run(statement);
  }
  await migrate(store, 'port_status');
  await plantNetwork(rows);
  return store;
}

export function rowsOf(db: Db): NeutronRows {
  return {
    run: async (statement, values = []) => {
      const query = CompiledQuery.raw(statement, [...values]);
      const { rows } = await db.executeQuery<Readonly<Record<string, unknown>>>(query);
      return rows;
    },
  };
}

/** Nova, as whoever plays it wants it to answer. */
export class ScriptedNova {
  readonly said: ExternalEvent[] = [];
  answer: (event: ExternalEvent, server: string, generation?: string) => Answer | Promise<Answer> = () => ({
    kind: 'accepted',
  });

  /** Nova, as that server reaches it. @param generationOf in which registration it works. */
  heardFrom(server: string, generationOf: () => string | undefined): Nova {
    return {
      reach: async () => undefined,
      tell: async (events) => {
        this.said.push(...events);
        const generation = generationOf();
        return Promise.all(events.map(async (event) => this.answer(event, server, generation)));
      },
    };
  }

  /** What was said about a planted port, in short: `plugged`, `failed`, `unplugged`. */
  wordsOf(number: number): readonly string[] {
    return this.said
      .filter(({ tag }) => tag === portIdOf(number))
      .map(({ name, status }) => (status === 'failed' ? 'failed' : name.replace('network-vif-', '')));
  }
}

export const UNREACHABLE: Answer = { kind: 'unreachable', detail: 'connection refused' };

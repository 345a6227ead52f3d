import { readFileSync } from 'node:fs';
import { CompiledQuery } from 'kysely';
import { onTestFinished } from 'vitest';
import type { Answer, ExternalEvent } from '../../../src/domain/debt.js';
import type { Report } from '../../../src/domain/report.js';
import { nextRevision } from '../../../src/domain/revision.js';
import { encodeReport } from '../../../src/domain/wire.js';
import type { Envelope } from '../../../src/domain/wire.js';
import type { Neutron } from '../../../src/neutron/neutron.js';
import type { Db, SqlStore } from '../../../src/neutron/sql/dialect.js';
import { migrate } from '../../../src/neutron/sql/migrations.js';
import { openSqlite } from '../../../src/neutron/sql/sqlite.js';
import { createNeutron } from '../../../src/neutron/sql/store.js';
import { MemoryDatabase } from '../../../src/northbound/memory/database.js';
import { MemoryNorthbound } from '../../../src/northbound/memory/memory-northbound.js';
import type { ChassisRegistration, Northbound, StoredReport } from '../../../src/northbound/northbound.js';
import type { Nova } from '../../../src/nova/nova.js';
import type { Clock } from '../../../src/runtime/clock.js';
import { createLogger } from '../../../src/runtime/logger.js';
import { createMetrics } from '../../../src/runtime/metrics.js';
import type { Metrics } from '../../../src/runtime/metrics.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { createServer } from '../../../src/server/server.js';
import type { Server } from '../../../src/server/server.js';
import type { ServerOptions } from '../../../src/server/session.js';
import { plantNetwork, plantPort, portIdOf, portState } from '../../support/neutron-rows.js';
import type { NeutronRows, PlantedPort } from '../../support/neutron-rows.js';
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
};

/** One server under test, as a process of its own. */
export interface RunningServer {
  readonly server: Server;
  readonly process: Process;
  readonly northbound: MemoryNorthbound;
  readonly metrics: Metrics;
  readonly log: readonly Readonly<Record<string, unknown>>[];
  /** Resolves when it has ended; with its error, if it ended with one. */
  readonly ended: Promise<unknown>;
  readonly stop: () => void;
}

/** The real server loops, the real store and the memory engine, under a virtual clock. */
export class ServerBench {
  readonly clock: VirtualClock;
  readonly database: MemoryDatabase;
  readonly neutron: Neutron;
  readonly rows: NeutronRows;
  readonly nova = new ScriptedNova();
  /** The northbound database as an operator sees it. */
  readonly northbound: MemoryNorthbound;
  readonly #chassis = new Map<string, ChassisRegistration>();
  readonly #revisions = new Map<string, number>();
  readonly #servers: RunningServer[] = [];
  readonly #store: SqlStore;
  #seed = 1;

  private constructor(clock: VirtualClock, store: SqlStore) {
    this.clock = clock;
    this.#store = store;
    this.database = new MemoryDatabase({ clock, random: seededRandom(1) });
    this.northbound = new MemoryNorthbound(this.database);
    this.neutron = createNeutron(store, { clock: this.clock, random: seededRandom(2) });
    this.rows = rowsOf(store.db);
  }

  /** A bench with a database of its own. */
  static async open(): Promise<ServerBench> {
    const clock = new VirtualClock();
    return new ServerBench(clock, await openTables(clock));
  }

  /** A bench on a database that was opened before, at whose clock it works. */
  static on(store: SqlStore, clock: VirtualClock): ServerBench {
    return new ServerBench(clock, store);
  }

  /** Starts a server; it has joined when this resolves, where nothing is in its way. */
  async start(
    id: string,
    changes: Partial<ServerOptions> = {},
    prepare?: (process: Process) => void,
  ): Promise<RunningServer> {
    const process = new Process();
    prepare?.(process);
    const northbound = new MemoryNorthbound(this.database);
    const log: Record<string, unknown>[] = [];
    const metrics = createMetrics();
    const options = { ...OPTIONS, ...changes, id };
    const server = createServer({
      northbound: process.reach<Northbound>(northbound),
      neutron: process.reach(this.neutron),
      nova: options.willWrite ? process.reach<Nova>(this.nova) : undefined,
      clock: process.clockOf(this.clock),
      random: seededRandom(100 + this.#seed++),
      logger: createLogger('info', {
        write: (line) => void log.push(JSON.parse(line) as Record<string, unknown>),
      }),
      metrics,
      options,
    });
    const stop = new AbortController();
    const ended = server.run(stop.signal).catch((error: unknown) => error);
    const running = { server, process, northbound, metrics, log, ended, stop: () => stop.abort() };
    this.#servers.push(running);
    await this.pass(0);
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

  async plant(number: number, port: Partial<PlantedPort> = {}): Promise<void> {
    await plantPort(this.rows, number, { id: portIdOf(number), ...port });
  }

  /** Changes columns of a planted port, as Neutron's API would. */
  async change(number: number, columns: Readonly<Record<string, string | number>>): Promise<void> {
    const sets = Object.keys(columns).map((name) => `${name} = ?`);
    await this.rows.run(`update ports set ${sets.join(', ')} where id = ?`, [
      ...Object.values(columns),
      portIdOf(number),
    ]);
  }

  /** Deletes provisioning blocks of a planted port, as whoever set them would. */
  async unblock(number: number, entity: string): Promise<void> {
    await this.rows.run('delete from provisioningblocks where standard_attr_id = ? and entity = ?', [
      10_000 + number,
      entity,
    ]);
  }

  async status(number: number): Promise<unknown> {
    return (await this.port(number)).status;
  }

  async port(number: number): ReturnType<typeof portState> {
    return portState(this.rows, portIdOf(number));
  }

  /** A row of the ledger, or undefined. */
  async ledger(number: number, chassis = 'cn1'): Promise<Readonly<Record<string, unknown>> | undefined> {
    const rows = await this.rows.run('select * from port_status_reports where port = ? and chassis = ?', [
      portIdOf(number),
      chassis,
    ]);
    return rows[0];
  }

  /** A chassis says something about a port. */
  async say(number: number, status: Report['status'], more: Partial<Report> = {}): Promise<Report> {
    const chassis = more.chassis ?? 'cn1';
    const report: Report = {
      portId: portIdOf(number),
      chassis,
      status,
      attachment: `plug-${number}`,
      revision: await this.nextRevision(chassis),
      observedAt: this.clock.now(),
      ...more,
    };
    await this.publish(encodeReport(report, 1));
    return report;
  }

  async publish(...envelopes: readonly Envelope[]): Promise<void> {
    const [first] = envelopes;
    if (first === undefined) return;
    const registration = await this.registerChassis(first.chassis);
    await this.northbound.publish(registration, envelopes);
  }

  /** A chassis says that everything it has was published. */
  async complete(chassis = 'cn1'): Promise<void> {
    const registration = await this.registerChassis(chassis);
    const complete = await this.nextRevision(chassis);
    await this.northbound.keepChassis(registration, { complete, version: '0.1.0' });
  }

  async nextRevision(chassis: string): Promise<number> {
    await this.registerChassis(chassis);
    const revision = nextRevision(this.#revisions.get(chassis) ?? 0, this.clock.now());
    this.#revisions.set(chassis, revision);
    return revision;
  }

  /** Forgets the greatest revision of a chassis, as an agent does that starts on a machine without it. */
  restartChassis(chassis = 'cn1'): void {
    this.#revisions.delete(chassis);
    this.#chassis.delete(chassis);
  }

  /** The chassis' registration in the present incarnation. */
  async registerChassis(chassis: string): Promise<ChassisRegistration> {
    const known = this.#chassis.get(chassis);
    if (known?.incarnation === this.database.state.incarnation) return known;
    const registration = await this.northbound.registerChassis(chassis);
    this.#chassis.set(chassis, registration);
    return registration;
  }

  /** The record of a port, or undefined. */
  async record(number: number, chassis = 'cn1'): Promise<StoredReport | undefined> {
    const [record] = await this.northbound.lookUp([{ portId: portIdOf(number), chassis }]);
    return record;
  }
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

/** Nova, as a test wants it to answer. */
export class ScriptedNova implements Nova {
  readonly said: ExternalEvent[] = [];
  answer: (event: ExternalEvent) => Answer | Promise<Answer> = () => ({ kind: 'accepted' });

  async tell(events: readonly ExternalEvent[]): Promise<readonly Answer[]> {
    this.said.push(...events);
    return Promise.all(events.map(async (event) => this.answer(event)));
  }

  /** What was said about a planted port, in short: `plugged`, `failed`, `unplugged`. */
  wordsOf(number: number): readonly string[] {
    return this.said
      .filter(({ tag }) => tag === portIdOf(number))
      .map(({ name, status }) => (status === 'failed' ? 'failed' : name.replace('network-vif-', '')));
  }
}

export const UNREACHABLE: Answer = { kind: 'unreachable', detail: 'connection refused' };

/** A bench that ends with the test. */
export async function openBench(): Promise<ServerBench> {
  const bench = await ServerBench.open();
  onTestFinished(() => bench.end());
  return bench;
}

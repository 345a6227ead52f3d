import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { openDatabase } from '../../src/neutron/open.js';
import { grants } from '../../src/neutron/sql/grants.js';
import { migrate } from '../../src/neutron/sql/migrations.js';
import { systemClock } from '../../src/runtime/clock.js';
import * as mariadb from './mariadb.js';
import type { NeutronConnection, NeutronRows } from './neutron-rows.js';
import * as postgresql from './postgresql.js';
import { ROOT } from './root.js';

/** A database server of our own with Neutron's tables, the ledger, and a user who has exactly the printed grants. */
export interface NeutronServer {
  /** `neutron.url` of that user. */
  readonly url: string;
  /** A connection of the administrator, in Neutron's schema. */
  connect(): Promise<NeutronConnection>;
  dispose(): Promise<void>;
}

/** @param options what the server is started with besides. */
export async function startOnMariadb(options: readonly string[] = []): Promise<NeutronServer> {
  const server = await mariadb.startMariadb(options);
  const admin = await server.admin();
  await mariadb.loadNeutron(admin);
  await makeLedger(server.url());
  const grantee = { neutron: 'neutron', ledgerSchema: 'port_status', user: "'ps'@'%'" };
  await mariadb.createUser(admin, 'ps', grants('mariadb', grantee));
  await admin.end();
  return {
    url: server.url('ps'),
    connect: async () => {
      const connection = await server.admin();
      await connection.query('use neutron');
      return mariadb.connectionOf(connection);
    },
    dispose: server.dispose,
  };
}

/** @param options settings of the server, such as `fsync=off`. */
export async function startOnPostgresql(options: readonly string[] = []): Promise<NeutronServer> {
  const server = await postgresql.startPostgresql(options);
  const admin = await server.admin();
  await postgresql.loadNeutron(admin);
  await makeLedger(server.url());
  const grantee = { neutron: 'neutron', ledgerSchema: 'port_status', user: 'ps' };
  await postgresql.createUser(admin, 'ps', grants('postgresql', grantee));
  await admin.end();
  return {
    url: server.url('ps'),
    connect: async () => postgresql.connectionOf(await server.admin()),
    dispose: server.dispose,
  };
}

/** A SQLite file with Neutron's tables and the ledger. */
export interface NeutronFile {
  /** Its `neutron.url`. */
  readonly url: string;
  readonly rows: NeutronRows;
  dispose(): Promise<void>;
}

export async function makeNeutronFile(): Promise<NeutronFile> {
  const folder = mkdtempSync(join(tmpdir(), 'port-status-sqlite-'));
  const path = join(folder, 'neutron.db');
  const database = new Database(path);
  database.exec(readFileSync(new URL('neutron-schema/sqlite.sql', ROOT), 'utf8'));
  await makeLedger(`sqlite:${path}`);
  return {
    url: `sqlite:${path}`,
    rows: { run: async (statement, values = []) => runOn(database, statement, values) },
    dispose: async () => {
      database.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function runOn(
  database: Database.Database,
  statement: string,
  values: readonly unknown[],
): readonly Readonly<Record<string, unknown>>[] {
  const prepared = database.prepare(statement);
  if (prepared.reader) return prepared.all(...values) as Record<string, unknown>[];
  prepared.run(...values);
  return [];
}

async function makeLedger(url: string): Promise<void> {
  const store = openDatabase(url, 'port_status', systemClock);
  await migrate(store, 'port_status');
  await store.db.destroy();
}

/** Ports, blocks, bindings and trunks go with their standard attributes. */
const NEUTRON = ['ports', 'networks', 'agents', 'standardattributes'];
const LEDGER = ['reports', 'calls', 'quarantine', 'incarnations'];

/** Removes all rows, for the next test. */
export async function empty(rows: NeutronRows): Promise<void> {
  for (const table of [...NEUTRON, ...LEDGER.map((name) => `port_status.${name}`)])
    await rows.run(`delete from ${table}`);
}

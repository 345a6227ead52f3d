import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { openDatabase } from '../../../src/neutron/open.js';
import type { Neutron } from '../../../src/neutron/neutron.js';
import { grants } from '../../../src/neutron/sql/grants.js';
import { migrate } from '../../../src/neutron/sql/migrations.js';
import { createNeutron } from '../../../src/neutron/sql/store.js';
import { openNorthbound } from '../../../src/northbound/open.js';
import type { Northbound } from '../../../src/northbound/northbound.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { seededRandom } from '../../../src/runtime/random.js';
import * as mariadb from '../../support/mariadb.js';
import { plantNetwork } from '../../support/neutron-rows.js';
import type { NeutronConnection, NeutronRows } from '../../support/neutron-rows.js';
import * as postgresql from '../../support/postgresql.js';
import { createShiftedClock } from '../../support/shifted-clock.js';

const DDL = fileURLToPath(new URL('../../../neutron-schema/sqlite.sql', import.meta.url));
const random = seededRandom(1);

/** A cloud with Neutron's tables and, once it is installed, with a ledger and a northbound file. */
export interface Cloud {
  readonly url: string;
  readonly rows: NeutronRows;
  readonly northboundFile: string;
  /** The names of the tables of the ledger that are there. */
  ledgerTables(): Promise<readonly string[]>;
  dispose(): Promise<void>;
}

export async function sqliteCloud(): Promise<Cloud> {
  const folder = mkdtempSync(join(tmpdir(), 'port-status-cli-'));
  const path = join(folder, 'neutron.db');
  const direct = new Database(path);
  direct.exec(readFileSync(DDL, 'utf8'));
  const rows: NeutronRows = {
    run: async (statement, values = []) => {
      const prepared = direct.prepare(statement);
      if (prepared.reader) return prepared.all(...values) as Record<string, unknown>[];
      prepared.run(...values);
      return [];
    },
  };
  await plantNetwork(rows);
  return {
    url: `sqlite:${path}`,
    rows,
    northboundFile: join(folder, 'northbound.db'),
    ledgerTables: async () => {
      const found = await rows.run("select name from sqlite_master where name like 'port_status_%'");
      return found.map(({ name }) => String(name));
    },
    dispose: async () => {
      direct.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A cloud on a database server, whose users have only the rights that they are given. */
export interface ServerCloud extends Cloud {
  /** Makes a user with the printed grants, or those of them that are wanted; gives the URL for it. */
  addUser(name: string, isWanted?: (grant: string) => boolean): Promise<string>;
  /** Lets that user drop the ledger. */
  letDrop(name: string): Promise<void>;
  /** `neutron.url` of a server of this kind that nobody has started. */
  readonly deadUrl: string;
}

export async function mariadbCloud(): Promise<ServerCloud> {
  const server = await mariadb.startMariadb();
  const admin = await server.admin();
  await mariadb.loadNeutron(admin);
  const grantee = (name: string): string => `'${name}'@'%'`;
  return {
    ...(await cloudOn(server, mariadb.connectionOf(admin))),
    deadUrl: 'mysql://x:y@127.0.0.1:1/neutron',
    addUser: async (name, isWanted = () => true) => {
      const printed = grants('mariadb', { ...INSTALLED, user: grantee(name) });
      await mariadb.createUser(admin, name, printed.filter(isWanted));
      return server.url(name);
    },
    letDrop: async (name) => {
      await admin.query(`grant drop on port_status.* to ${grantee(name)}`);
    },
  };
}

export async function postgresqlCloud(): Promise<ServerCloud> {
  const server = await postgresql.startPostgresql();
  const admin = await server.admin();
  await postgresql.loadNeutron(admin);
  return {
    ...(await cloudOn(server, postgresql.connectionOf(admin))),
    deadUrl: 'postgresql://x:y@127.0.0.1:1/neutron',
    addUser: async (name, isWanted = () => true) => {
      const printed = grants('postgresql', { ...INSTALLED, user: name });
      await postgresql.createUser(admin, name, printed.filter(isWanted));
      return server.url(name);
    },
    letDrop: async (name) => {
      await admin.query(`alter schema port_status owner to ${name}`);
    },
  };
}

const INSTALLED = { neutron: 'neutron', ledgerSchema: 'port_status' };

async function cloudOn(
  server: { url(): string; dispose(): Promise<void> },
  rows: NeutronConnection,
): Promise<Cloud> {
  const folder = mkdtempSync(join(tmpdir(), 'port-status-cli-'));
  await plantNetwork(rows);
  return {
    url: server.url(),
    rows,
    northboundFile: join(folder, 'northbound.db'),
    ledgerTables: async () => {
      const found = await rows.run(
        `select 'the schema itself' as name from information_schema.schemata where schema_name = 'port_status'
         union all select table_name from information_schema.tables where table_schema = 'port_status'`,
      );
      return found.map(({ name }) => String(name));
    },
    dispose: async () => {
      await rows.end();
      await server.dispose();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Installs the ledger, and lets `work` use the store that the server uses. */
export async function withStore<T>(cloud: Cloud, work: (neutron: Neutron) => Promise<T>): Promise<T> {
  const store = openDatabase(cloud.url, 'port_status', systemClock);
  await migrate(store, 'port_status');
  const neutron = createNeutron(store, { clock: systemClock, random });
  return work(neutron).finally(() => neutron.close());
}

/** Lets `work` use the northbound database as somebody did `agoMs` ago. */
export async function withNorthbound<T>(
  cloud: Cloud,
  agoMs: number,
  work: (northbound: Northbound) => Promise<T>,
): Promise<T> {
  const clock = createShiftedClock();
  clock.shift(-agoMs);
  const northbound = openNorthbound(`sqlite:${cloud.northboundFile}`, { clock, random });
  return work(northbound).finally(() => northbound.close());
}

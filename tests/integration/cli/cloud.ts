import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { openDatabase } from '../../../src/neutron/open.js';
import type { Neutron } from '../../../src/neutron/neutron.js';
import { migrate } from '../../../src/neutron/sql/migrations.js';
import { createNeutron } from '../../../src/neutron/sql/store.js';
import { openNorthbound } from '../../../src/northbound/open.js';
import type { Northbound } from '../../../src/northbound/northbound.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { createUser, loadNeutron, rowsOf, startMariadb } from '../../support/mariadb.js';
import { plantNetwork } from '../../support/neutron-rows.js';
import type { NeutronRows } from '../../support/neutron-rows.js';
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

export interface MariadbCloud extends Cloud {
  /** Makes a user with exactly these grants; gives the URL for it. */
  addUser(name: string, grants: readonly string[]): Promise<string>;
}

export async function mariadbCloud(): Promise<MariadbCloud> {
  const folder = mkdtempSync(join(tmpdir(), 'port-status-cli-'));
  const mariadb = await startMariadb();
  const admin = await mariadb.admin();
  await loadNeutron(admin);
  const rows = rowsOf(admin);
  await plantNetwork(rows);
  return {
    url: mariadb.url(),
    rows,
    northboundFile: join(folder, 'northbound.db'),
    ledgerTables: async () => {
      const found = await rows.run(
        "select table_name as name from information_schema.tables where table_schema = 'port_status'",
      );
      const schemas = await rows.run("show schemas like 'port_status'");
      return [...schemas.map(() => 'the schema itself'), ...found.map(({ name }) => String(name))];
    },
    addUser: async (name, grants) => {
      await createUser(admin, name, grants);
      return mariadb.url(name);
    },
    dispose: async () => {
      await admin.end();
      await mariadb.dispose();
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

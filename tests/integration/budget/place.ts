import { makeNeutronFile, empty } from '../../support/neutron-server.js';
import type { NeutronServer } from '../../support/neutron-server.js';
import type { NeutronRows } from '../../support/neutron-rows.js';

/** Where Neutron's database stands for one scenario: empty at first. */
export interface Place {
  readonly url: string;
  readonly rows: NeutronRows;
  /** Measures the tables, so that a statement is carried out in the same way every time. */
  analyze(): Promise<void>;
  /** How many rows are locked now; absent where there are no locks on rows. */
  readonly readLocks?: (() => Promise<number>) | undefined;
  dispose(): Promise<void>;
}

/** The tables that hold anything in a scenario, but for the ledger's settings. */
const TABLES = [
  ...['standardattributes', 'networks', 'ports', 'provisioningblocks', 'ml2_port_bindings'],
  ...['ml2_port_binding_levels', 'port_status.reports', 'port_status.calls', 'port_status.incarnations'],
];

export async function placeOnSqlite(): Promise<Place> {
  const file = await makeNeutronFile();
  return { ...file, analyze: async () => undefined };
}

export async function placeOnMariadb(server: NeutronServer): Promise<Place> {
  const rows = await server.connect();
  const snapshot = await server.connect();
  await truncate(rows);
  await snapshot.run('start transaction with consistent snapshot');
  return {
    url: server.url,
    rows,
    analyze: async () => {
      await rows.run(`analyze table ${TABLES.join(', ')}`);
    },
    readLocks: () => readInnodbLocks(rows),
    dispose: async () => {
      await snapshot.end();
      await rows.end();
    },
  };
}

/**
 * Leaves no rows behind that InnoDB has still to remove, as deleting would. As long as a snapshot is open it removes none
 * of those that are deleted from then on: they are locked like others, and else it would be chance how many there are.
 */
async function truncate(rows: NeutronRows): Promise<void> {
  await rows.run('set foreign_key_checks = 0');
  for (const table of TABLES) await rows.run(`truncate table ${table}`);
  await rows.run('set foreign_key_checks = 1');
}

export async function placeOnPostgresql(server: NeutronServer): Promise<Place> {
  const rows = await server.connect();
  await empty(rows);
  return {
    url: server.url,
    rows,
    analyze: async () => {
      await rows.run(`vacuum analyze ${TABLES.join(', ')}`);
    },
    readLocks: () => readXmax(rows),
    dispose: () => rows.end(),
  };
}

/** InnoDB's own count of the transactions that are open; `information_schema.innodb_trx` is up to 0.1 s behind. */
async function readInnodbLocks(rows: NeutronRows): Promise<number> {
  const [status] = await rows.run('show engine innodb status');
  const counts = String(status?.['Status']).matchAll(/(\d+) row lock\(s\)/g);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** PostgreSQL keeps locks in the rows: those that bear the number of a transaction that is open. */
async function readXmax(rows: NeutronRows): Promise<number> {
  const counts = [...TABLES, 'port_status.settings'].map(
    (table) => `select count(*) as n from ${table} where xmax in (select transactionid from open)`,
  );
  const [found] = await rows.run(
    `with open as materialized (
       select transactionid from pg_locks where locktype = 'transactionid' and pid <> pg_backend_pid())
     select cast(sum(n) as integer) as n from (${counts.join(' union all ')}) as all_tables`,
  );
  return Number(found?.['n']);
}

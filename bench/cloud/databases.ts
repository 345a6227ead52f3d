import { readFileSync } from 'node:fs';
import { systemClock } from '../../src/runtime/clock.js';
import type { NeutronConnection, NeutronRows } from '../../src/simulator/neutron-rows.js';
import { makeNeutronFile, startOnMariadb, startOnPostgresql } from '../../tests/support/neutron-server.js';

/** Neutron's database of one kind, with its tables and the ledger, on a private server where there is one. */
export interface DatabaseHome {
  /** What it is, and how sure a commit is. */
  readonly version: string;
  /** `neutron.url`. */
  readonly url: string;
  /** The administrator's connection. */
  readonly rows: NeutronRows;
  /** Absent where it is no process. */
  readonly pid: number | undefined;
  /** Opens another connection of the administrator; where there is no server nobody else can write meanwhile. */
  connect(): Promise<NeutronConnection>;
  /** Waits until what earlier transactions left to be cleaned away is cleaned away. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/**
 * How each database is started for a measurement: with room for its tables in memory, and durable at each commit, but for
 * SQLite, whose last commits a loss of power may take.
 */
export const DATABASE_HOMES: Readonly<Record<string, () => Promise<DatabaseHome>>> = {
  mariadb: startMariadbHome,
  postgresql: startPostgresqlHome,
  sqlite: startSqliteHome,
};

async function startMariadbHome(): Promise<DatabaseHome> {
  const server = await startOnMariadb([
    '--innodb-buffer-pool-size=1G',
    '--innodb-log-file-size=1G',
    '--innodb-flush-log-at-trx-commit=1',
  ]);
  const rows = await server.connect();
  const [found] = await rows.run('select version() as version, @@log_bin as log_bin, @@pid_file as pid_file');
  return {
    version: `${String(found?.['version'])}, innodb_flush_log_at_trx_commit = 1, binlog ${found?.['log_bin'] === 1 ? 'on' : 'off'}`,
    url: server.url,
    rows,
    pid: Number(readFileSync(String(found?.['pid_file']), 'utf8')),
    connect: () => server.connect(),
    settle: () => untilPurged(rows),
    close: async () => {
      await rows.end();
      await server.dispose();
    },
  };
}

/** Rows that were deleted or overwritten are cleaned away in the background, at the cost of what runs meanwhile. */
async function untilPurged(rows: NeutronRows): Promise<void> {
  await rows.run('analyze table neutron.ports, neutron.standardattributes, port_status.reports');
  for (;;) {
    const [found] = await rows.run("show global status like 'Innodb_history_list_length'");
    if (Number(found?.['Value']) < 100) return;
    await systemClock.sleep(100);
  }
}

async function startPostgresqlHome(): Promise<DatabaseHome> {
  const server = await startOnPostgresql([
    'fsync=on',
    'synchronous_commit=on',
    'shared_buffers=512MB',
    'max_wal_size=4GB',
  ]);
  const rows = await server.connect();
  const [version] = await rows.run('show server_version');
  const [folder] = await rows.run('show data_directory');
  const pidFile = readFileSync(`${String(folder?.['data_directory'])}/postmaster.pid`, 'utf8');
  return {
    version: `PostgreSQL ${String(version?.['server_version'])}, fsync and synchronous_commit on`,
    url: server.url,
    rows,
    pid: Number(pidFile.split('\n')[0]),
    connect: () => server.connect(),
    settle: async () => {
      await rows.run('vacuum analyze');
    },
    close: async () => {
      await rows.end();
      await server.dispose();
    },
  };
}

async function startSqliteHome(): Promise<DatabaseHome> {
  const file = await makeNeutronFile();
  return {
    version: 'libsql, WAL, synchronous = NORMAL',
    url: file.url,
    rows: file.rows,
    pid: undefined,
    connect: () => Promise.reject(new Error('SQLite has one writer: there is no neighbour to measure')),
    settle: async () => {
      await file.rows.run('pragma wal_checkpoint(TRUNCATE)');
    },
    close: () => file.dispose(),
  };
}

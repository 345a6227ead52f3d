import { sql } from 'kysely';
import { PortStatusError } from '../../domain/errors.js';
import type { LayoutFinding as Finding, LayoutFindings } from '../diagnosis.js';
import type { Use } from '../neutron.js';
import type { Db, Failure, SqlDialect, SqlStore } from './dialect.js';
import { LEDGER_VERSION } from './migrations.js';
import { READ_COLUMNS } from './neutron-columns.js';
import { query } from './transaction.js';

type Probe = readonly [string, string];

/** Statements that write nothing and need each right that an applying transaction needs of Neutron's tables. */
const WRITE_PROBES: readonly Probe[] = [
  ['UPDATE(status) on ports', 'update ports set status = status where 1 = 0'],
  [
    'UPDATE(revision_number, updated_at) on standardattributes',
    'update standardattributes set revision_number = revision_number, updated_at = updated_at where 1 = 0',
  ],
  ['DELETE on provisioningblocks', 'delete from provisioningblocks where 1 = 0'],
  [
    'INSERT on provisioningblocks',
    'insert into provisioningblocks (standard_attr_id, entity) select standard_attr_id, entity from provisioningblocks where 1 = 0',
  ],
];

/** The same for the ledger: `{table}` stands for one of its tables, all have the same rights. */
const LEDGER_PROBES: readonly Probe[] = [
  ['INSERT on the ledger', 'insert into {table} select * from {table} where 1 = 0'],
  ['UPDATE on the ledger', 'update {table} set value = value where 1 = 0'],
  ['DELETE on the ledger', 'delete from {table} where 1 = 0'],
];

/**
 * Checks Neutron's tables column by column, the server's settings, our rights and the ledger.
 *
 * @throws {PortStatusError} LAYOUT or RIGHTS with one list of all that is wrong; UNAVAILABLE.
 */
export async function checkLayout(store: SqlStore, use: Use): Promise<void> {
  const { server, columns, writing, ledger } = await inspectLayout(store, use);
  const findings = [...server, ...columns, ...writing, ...ledger];
  if (findings.length === 0) return;
  const code = findings.some((finding) => finding.code === 'LAYOUT') ? 'LAYOUT' : 'RIGHTS';
  throw new PortStatusError(
    code,
    `neutron.url can not be used: ${findings.map(({ text }) => text).join('; ')}`,
  );
}

/**
 * All that `checkLayout` looks at, each finding under its topic. Where nothing can be written at all, no right to write is
 * looked for. The first statement is none that looks for a right: where it fails, we can not log in.
 *
 * @throws {PortStatusError} as `query` does.
 */
export async function inspectLayout(
  store: SqlStore,
  { willWrite, keepsLedger = true }: Use,
): Promise<LayoutFindings> {
  return query(store, async () => {
    const readOnly = await checkReadOnly(store);
    const mayProbe = readOnly.length === 0;
    return {
      server: [...(willWrite || keepsLedger ? readOnly : []), ...(await checkMariadb(store))],
      columns: await checkColumns(store),
      writing: willWrite && mayProbe ? await probeAll(store, WRITE_PROBES) : [],
      ledger: await checkLedger(store, keepsLedger && mayProbe),
    };
  });
}

/** Neutron's migration heads, sorted, as one string. */
export async function readHeads(store: SqlStore): Promise<string> {
  const { rows } = await query(store, (db) =>
    sql<{ version_num: string }>`select version_num from alembic_version order by version_num`.execute(db),
  );
  return rows.map(({ version_num }) => version_num).join(',');
}

async function checkColumns({ db, dialect }: SqlStore): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const missing: string[] = [];
  for (const [table, columns] of Object.entries(READ_COLUMNS)) {
    if ((await probe(db, dialect, `select ${columns.join(', ')} from ${table} where 1 = 0`)) === undefined)
      continue;
    for (const column of columns) {
      const failure = await probe(db, dialect, `select ${column} from ${table} where 1 = 0`);
      if (failure === 'RIGHTS') findings.push(missingRight(`SELECT on ${table}.${column}`));
      else if (failure !== undefined) missing.push(`${table}.${column}`);
    }
  }
  return missing.length === 0 ? findings : [...findings, unknownLayout(missing)];
}

function unknownLayout(missing: readonly string[]): Finding {
  return {
    code: 'LAYOUT',
    text: `Neutron has no column ${missing.join(', ')}: check that neutron.url names the schema of a Neutron that this version knows`,
  };
}

async function probeAll({ db, dialect }: SqlStore, probes: readonly Probe[]): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [right, statement] of probes) {
    if ((await probe(db, dialect, statement)) === 'RIGHTS') findings.push(missingRight(right));
  }
  return findings;
}

function missingRight(right: string): Finding {
  return { code: 'RIGHTS', text: `missing right: ${right} (see "port-status migrate --print-grants")` };
}

async function checkLedger(store: SqlStore, isWritten: boolean): Promise<readonly Finding[]> {
  const { db, dialect } = store;
  const table = dialect.ledger('schema_version');
  try {
    const { rows } = await sql<{
      version: number | null;
    }>`select max(version) as version from ${table}`.execute(db);
    const version = rows[0]?.version ?? 0;
    if (version >= LEDGER_VERSION) return isWritten ? await probeAll(store, ledgerProbes(store)) : [];
    return [
      {
        code: 'LAYOUT',
        text: `the ledger has version ${version}, not ${LEDGER_VERSION}: run "port-status migrate"`,
      },
    ];
  } catch (error) {
    if (dialect.classify(error) === 'UNAVAILABLE') throw error;
    return [
      {
        code: 'LAYOUT',
        text: 'there is no ledger, or no right to it: run "port-status migrate" and grant what it prints',
      },
    ];
  }
}

function ledgerProbes({ db, dialect }: SqlStore): readonly Probe[] {
  const { sql: table } = sql`${dialect.ledger('settings')}`.compile(db);
  return LEDGER_PROBES.map(([right, statement]) => [right, statement.replaceAll('{table}', table)]);
}

/** Asks whether the server takes no writes, or takes them from another server alone. */
const READ_ONLY = {
  mariadb: 'select @@global.read_only = 1 as is_read_only',
  postgresql: `select pg_is_in_recovery() or current_setting('default_transaction_read_only') = 'on' as is_read_only`,
  sqlite: 'select 0 as is_read_only',
} as const satisfies Readonly<Record<SqlDialect['name'], string>>;

async function checkReadOnly({ db, dialect }: SqlStore): Promise<readonly Finding[]> {
  const { rows } = await sql.raw<{ is_read_only: number | boolean }>(READ_ONLY[dialect.name]).execute(db);
  if (!rows[0]?.is_read_only) return [];
  return [{ code: 'LAYOUT', text: 'the server is read-only or a replica: give the address of the primary' }];
}

/** Settings of a MariaDB server with which our writes would be refused or not safe. */
async function checkMariadb({ db, dialect }: SqlStore): Promise<readonly Finding[]> {
  if (dialect.name !== 'mariadb') return [];
  const { rows } = await sql<{ log_bin: number; binlog_format: string }>`
    select @@global.log_bin as log_bin, @@global.binlog_format as binlog_format`.execute(db);
  const findings: Finding[] = [];
  if (rows[0]?.log_bin === 1 && rows[0].binlog_format === 'STATEMENT') {
    findings.push({ code: 'LAYOUT', text: 'binlog_format is STATEMENT: set it to ROW or MIXED' });
  }
  return [...findings, ...(await checkEngines(db))];
}

async function checkEngines(db: Db): Promise<readonly Finding[]> {
  const { rows } = await sql<{ name: string; engine: string }>`
    select table_name as name, engine from information_schema.tables
    where table_schema = database() and engine <> 'InnoDB'
      and table_name in (${sql.join(Object.keys(READ_COLUMNS))})`.execute(db);
  return rows.map(({ name, engine }) => ({
    code: 'LAYOUT',
    text: `${name} is a table of ${engine}: only InnoDB will do`,
  }));
}

/** Runs a statement that touches no row; undefined when the database would let us. */
async function probe(db: Db, dialect: SqlDialect, statement: string): Promise<Failure | undefined> {
  try {
    await sql.raw(statement).execute(db);
    return undefined;
  } catch (error) {
    const failure = dialect.classify(error);
    if (failure === 'UNAVAILABLE') throw error;
    return failure;
  }
}

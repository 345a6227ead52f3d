import { sql } from 'kysely';
import { PortStatusError } from '../../domain/errors.js';
import type { LayoutFinding as Finding, LayoutFindings } from '../diagnosis.js';
import type { Db, Failure, SqlDialect, SqlStore } from './dialect.js';
import { LEDGER_VERSION } from './migrations.js';
import { READ_COLUMNS } from './neutron-columns.js';
import { query } from './transaction.js';

/** Statements that write nothing and need each right that an applying transaction needs. */
const WRITE_PROBES: readonly (readonly [string, string])[] = [
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

/**
 * Checks Neutron's tables column by column, the server's settings, our rights and the ledger.
 *
 * @param willWrite whether rights to write Neutron's rows are needed too.
 * @throws {PortStatusError} LAYOUT or RIGHTS with one list of all that is wrong; UNAVAILABLE.
 */
export async function checkLayout(store: SqlStore, options: { readonly willWrite: boolean }): Promise<void> {
  const { server, columns, writing, ledger } = await inspectLayout(store, options);
  const findings = [...server, ...columns, ...writing, ...ledger];
  if (findings.length === 0) return;
  const code = findings.some((finding) => finding.code === 'LAYOUT') ? 'LAYOUT' : 'RIGHTS';
  throw new PortStatusError(
    code,
    `neutron.url can not be used: ${findings.map(({ text }) => text).join('; ')}`,
  );
}

/** All that `checkLayout` looks at, each finding under its topic. @throws {PortStatusError} as `query` does. */
export async function inspectLayout(
  store: SqlStore,
  { willWrite }: { readonly willWrite: boolean },
): Promise<LayoutFindings> {
  await query(store, (db) => sql`select 1`.execute(db));
  const server = await checkServer(store, willWrite);
  return {
    server,
    columns: await checkColumns(store),
    writing: willWrite ? await checkWriting(store) : [],
    ledger: await checkLedger(store),
  };
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
  for (const [table, columns] of Object.entries(READ_COLUMNS)) {
    if ((await probe(db, dialect, `select ${columns.join(', ')} from ${table} where 1 = 0`)) === undefined)
      continue;
    for (const column of columns) {
      const failure = await probe(db, dialect, `select ${column} from ${table} where 1 = 0`);
      if (failure === 'RIGHTS') findings.push(missingRight(`SELECT on ${table}.${column}`));
      else if (failure !== undefined)
        findings.push({ code: 'LAYOUT', text: `Neutron has no column ${table}.${column}` });
    }
  }
  return findings;
}

async function checkWriting({ db, dialect }: SqlStore): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [right, statement] of WRITE_PROBES) {
    if ((await probe(db, dialect, statement)) === 'RIGHTS') findings.push(missingRight(right));
  }
  return findings;
}

function missingRight(right: string): Finding {
  return { code: 'RIGHTS', text: `missing right: ${right} (see "port-status migrate --print-grants")` };
}

async function checkLedger({ db, dialect }: SqlStore): Promise<readonly Finding[]> {
  const table = dialect.ledger('schema_version');
  try {
    const { rows } = await sql<{
      version: number | null;
    }>`select max(version) as version from ${table}`.execute(db);
    const version = rows[0]?.version ?? 0;
    if (version >= LEDGER_VERSION) return [];
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

/** Settings of a MariaDB server with which our writes would be refused or not safe. */
async function checkServer({ db, dialect }: SqlStore, willWrite: boolean): Promise<readonly Finding[]> {
  if (dialect.name !== 'mariadb') return [];
  const { rows } = await sql<{ read_only: number; log_bin: number; binlog_format: string }>`
    select @@global.read_only as read_only, @@global.log_bin as log_bin,
           @@global.binlog_format as binlog_format`.execute(db);
  const findings: Finding[] = [];
  if (willWrite && rows[0]?.read_only === 1) {
    findings.push({
      code: 'LAYOUT',
      text: 'the server is read-only or a replica: give the address of the primary',
    });
  }
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

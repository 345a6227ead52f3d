import Database from 'libsql';
import { Kysely, sql, SqliteDialect } from 'kysely';
import type { SqliteDatabase, SqliteStatement } from 'kysely';
import type { Clock } from '../../runtime/clock.js';
import { rowsOf } from './keys.js';
import type { Failure, SqlDialect, SqlStore } from './dialect.js';

/** How long a statement waits for another process' write; then the transaction is repeated. */
const BUSY_MS = 50;

/**
 * Opens a SQLite file with Neutron's tables; the ledger stands in the same file under the prefix `port_status_`, since
 * a transaction over several files in WAL mode is not atomic.
 *
 * Commits outlive the process, and the host's loss of power at the price of the last ones (`synchronous = NORMAL`): the
 * northbound file is then another incarnation, and agents publish every port again. With FULL each commit holds the one
 * lock on writing until the disk has answered, three times for each report, while everybody else waits.
 *
 * @throws when the file can not be opened.
 */
export function openSqlite(path: string, clock: Clock): SqlStore {
  const database = new Database(path);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = NORMAL');
  database.pragma(`busy_timeout = ${BUSY_MS}`);
  database.pragma('foreign_keys = ON');
  return {
    db: new Kysely({ dialect: new SqliteDialect({ database: withControl(database) }) }),
    dialect: sqlite(clock),
  };
}

const CONTROL = new Set(['begin immediate', 'commit', 'rollback']);

/** Statements that are kept prepared: those of the loops are some dozens, but each length of a list makes another. */
const MOST_KEPT = 200;

/**
 * The database with its statements kept prepared, which spares a third of their time, and its transaction control run by
 * `exec`: libsql does not reset a prepared statement that failed, and a `begin immediate` that found the file locked
 * would keep its old snapshot, with which no later one can begin. For the same reason a statement that failed is dropped.
 */
function withControl(database: Database.Database): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>();
  const prepare = (text: string): SqliteStatement => {
    const statement = kept.get(text) ?? untilFailure(database.prepare(text), () => kept.delete(text));
    if (kept.size >= MOST_KEPT) kept.clear();
    kept.set(text, statement);
    return statement;
  };
  return {
    close: () => database.close(),
    prepare: (text) => (CONTROL.has(text) ? controlStatement(database, text) : prepare(text)),
  };
}

function untilFailure(statement: SqliteStatement, drop: () => void): SqliteStatement {
  const orDrop = <T>(call: () => T): T => {
    try {
      return call();
    } catch (error) {
      drop();
      throw error;
    }
  };
  return {
    reader: statement.reader,
    all: (values) => orDrop(() => statement.all(values)),
    run: (values) => orDrop(() => statement.run(values)),
    iterate: (values) => statement.iterate(values),
  };
}

function controlStatement(database: Database.Database, text: string): SqliteStatement {
  const run = (): { readonly changes: number; readonly lastInsertRowid: number } => {
    database.exec(text);
    return { changes: 0, lastInsertRowid: 0 };
  };
  return { reader: false, run, all: () => [], iterate: () => [].values() };
}

/** The database's clock is the host's: statements get it as a parameter. */
function sqlite(clock: Clock): SqlDialect {
  return {
    name: 'sqlite',
    begin: 'begin immediate',
    locksRows: false,
    forUpdate: sql``,
    forUpdateOf: () => sql``,
    forShareOf: () => sql``,
    thenJoin: sql`join`,
    skipLocked: sql``,
    now: () => sql`cast(${Math.floor(clock.now())} as integer)`,
    updatedAt: () => sql`${naiveUtc(clock.now())}`,
    ageMs: (column) =>
      sql`cast((julianday(${naiveUtc(clock.now())}) - julianday(${sql.ref(column)})) * 86400000 as integer)`,
    by: () => sql``,
    among: (values) => sql`in (${sql.join(values)})`,
    values: (_table, _columns, rows) => sql`values ${rowsOf(rows)}`,
    pairs: (pairs) => sql`values ${rowsOf(pairs)}`,
    deleteBlocks: (ids, entity) =>
      sql`delete from provisioningblocks where entity = ${entity} and standard_attr_id in (${sql.join(ids)})`,
    insertIgnore: (table, columns, values) =>
      sql`insert or ignore into ${table} (${sql.raw(columns)}) ${values}`,
    overwrite: (columns, key) =>
      sql`on conflict (${sql.raw(key)}) do update set ${sql.join(columns.map((name) => sql`${sql.ref(name)} = excluded.${sql.ref(name)}`))}`,
    concat: (parts) => sql.join(parts, sql` || `),
    ledger: (name) => sql.table(`port_status_${name}`),
    classify,
  };
}

/** `2026-11-23 04:12:17.000000`: how Neutron's own client stores a time in SQLite. */
function naiveUtc(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19).replace('T', ' ')}.000000`;
}

/** SQLite's result codes by what they mean to us; more exact codes first. What is in no row is an outage. */
const FAILURES: readonly (readonly [string, Failure])[] = [
  ['SQLITE_BUSY', 'conflict'],
  ['SQLITE_LOCKED', 'conflict'],
  ['SQLITE_CONSTRAINT_PRIMARYKEY', 'conflict'],
  ['SQLITE_CONSTRAINT_UNIQUE', 'conflict'],
  ['SQLITE_CONSTRAINT', 'DATA'],
  ['SQLITE_MISMATCH', 'DATA'],
  ['SQLITE_TOOBIG', 'DATA'],
  ['SQLITE_ERROR', 'LAYOUT'],
  ['SQLITE_PERM', 'RIGHTS'],
  ['SQLITE_READONLY', 'RIGHTS'],
];

function classify(error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return FAILURES.find(([prefix]) => code.startsWith(prefix))?.[1] ?? 'UNAVAILABLE';
}

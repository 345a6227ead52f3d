import { Socket } from 'node:net';
import { Kysely, PostgresDialect, sql } from 'kysely';
import pg from 'pg';
import type { Failure, SqlDialect, SqlStore, Values } from './dialect.js';
import { endWhenSilent, hostOf, SILENCE_MS } from './link.js';
import type { Link } from './link.js';
import type { Tls } from './tls.js';

/** Transactions of one process at a time: judge, look, sweep, claim, record and the operator's. */
const CONNECTIONS = 8;
const CONNECT_TIMEOUT_MS = 5000;

/**
 * What every session starts with, so that a server that is stopped inside a transaction locks Neutron out for seconds
 * only: waits for locks end after 2 s, idle transactions after 5 s (the server ends the session and frees the locks).
 * `search_path` keeps a schema that is named like the user from hiding Neutron's tables.
 */
const SESSION = {
  lock_timeout: 2000,
  idle_in_transaction_session_timeout: 5000,
  options: String.raw`-c default_transaction_isolation=read\ committed -c timezone=UTC -c search_path=public`,
};

/**
 * Opens PostgreSQL 12 or later. Connects with the first statement, and again whenever a connection broke.
 *
 * The socket itself watches for silence. `pg` has a `query_timeout`, but hands a connection that ran into it to the next
 * statement, which then waits for the answer to the one before.
 */
export function openPostgresql(
  url: URL,
  ledgerSchema: string,
  { silenceMs = SILENCE_MS, tls }: Link = {},
): SqlStore {
  const pool = new pg.Pool({
    stream: () => endWhenSilent(new Socket(), silenceMs),
    host: url.searchParams.get('socket') ?? hostOf(url),
    ssl: toSsl(tls),
    port: url.port === '' ? 5432 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
    ...SESSION,
    types: withNumbers(),
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: 0, // its silence ends it
    max: CONNECTIONS,
    keepAlive: true,
  });
  leaveToStatements(pool);
  return {
    db: new Kysely<object>({ dialect: new PostgresDialect({ pool }) }),
    dialect: postgresql(ledgerSchema),
  };
}

/** Said also where there is none: `pg` would ask its own environment, PGSSLMODE. */
function toSsl(tls: Tls | undefined): pg.PoolConfig['ssl'] {
  if (tls === undefined) return false;
  const { verifyIdentity, ...ssl } = tls;
  return verifyIdentity ? ssl : { ...ssl, checkServerIdentity: () => undefined };
}

/**
 * Keeps a connection that breaks from ending the process: the statement under way, or the next one, fails with the same
 * error, and the pool opens another connection.
 */
function leaveToStatements(pool: pg.Pool): void {
  const ignore = (): void => undefined;
  pool.on('error', ignore);
  pool.on('connect', (client) => client.on('error', ignore));
}

/** `pg` hands out 64-bit integers as text; all that we read are numbers of rows, revisions and milliseconds. */
function withNumbers(): pg.TypeOverrides {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, toSafeInteger);
  return types;
}

function toSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} is too large a number for us`);
  return value;
}

function postgresql(ledgerSchema: string): SqlDialect {
  return {
    name: 'postgresql',
    begin: 'start transaction',
    locksRows: true,
    forUpdate: sql`for update`,
    forUpdateOf: (...tables) => sql`for update of ${sql.raw(tables.join(', '))}`,
    forShareOf: (...tables) => sql`for share of ${sql.raw(tables.join(', '))}`,
    thenJoin: sql`join`,
    skipLocked: sql`for update skip locked`,
    now: () => sql`cast(floor(extract(epoch from statement_timestamp()) * 1000) as bigint)`,
    updatedAt: () => sql`date_trunc('second', statement_timestamp() at time zone 'UTC')`,
    ageMs: (column) =>
      sql`cast(floor(extract(epoch from (statement_timestamp() at time zone 'UTC') - ${sql.ref(column)}) * 1000) as bigint)`,
    by: () => sql``,
    among: (values) => sql`= any(${values})`,
    // Thousands of parameters take three times as long as one, whose columns have the table's own types.
    values: (table, columns, rows) =>
      sql`select ${sql.join(columns.map((name) => sql.ref(name)))} from json_populate_recordset(null::${table}, ${recordsOf(columns, rows)})`,
    // A list of pairs would be compared one by one.
    pairs: (pairs) =>
      sql`select * from unnest(${pairs.map(([first]) => first)}::bigint[], ${pairs.map(([, second]) => second)}::bigint[])`,
    deleteBlocks: (ids, entity) =>
      sql`delete from provisioningblocks where entity = ${entity} and standard_attr_id = any(${ids})`,
    insertIgnore: (table, columns, values) =>
      sql`insert into ${table} (${sql.raw(columns)}) ${values} on conflict do nothing`,
    overwrite: (columns, key) =>
      sql`on conflict (${sql.raw(key)}) do update set ${sql.join(columns.map((name) => sql`${sql.ref(name)} = excluded.${sql.ref(name)}`))}`,
    concat: (parts) => sql.join(parts, sql` || `),
    ledger: (name) => sql.table(`${ledgerSchema}.${name}`),
    classify,
  };
}

/** The rows as JSON. */
function recordsOf(columns: readonly string[], rows: readonly Values[]): string {
  return JSON.stringify(
    rows.map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index]]))),
  );
}

/** SQLSTATEs, whole or by their class, by what they mean to us. What is in no row is an outage. */
const FAILURES: readonly (readonly [Failure, readonly string[]])[] = [
  // could not serialize, deadlock, lock timeout, duplicate key of a ledger row that another inserted
  ['conflict', ['40001', '40P01', '55P03', '23505']],
  // to a table, column or schema; to log in; to drop what others depend on
  ['RIGHTS', ['42501', '28', '2BP01']],
  // unknown table, column, schema, database
  ['LAYOUT', ['42P01', '42703', '3F000', '3D000']],
  // wrong or too long value or out of range, null, foreign key without its row, check
  ['DATA', ['22', '23502', '23503', '23514']],
];

function classify(error: unknown): Failure {
  const state = error instanceof Error && 'code' in error ? String(error.code) : '';
  return FAILURES.find(([, states]) => states.some((known) => state.startsWith(known)))?.[0] ?? 'UNAVAILABLE';
}

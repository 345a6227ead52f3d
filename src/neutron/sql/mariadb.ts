import { connect, isIP } from 'node:net';
import type { Socket } from 'node:net';
import { CompiledQuery, Kysely, MysqlDialect, sql } from 'kysely';
import { createPool } from 'mysql2';
import type { Failure, SqlDialect, SqlStore } from './dialect.js';
import { endWhenSilent, hostOf, SILENCE_MS } from './link.js';
import type { Link } from './link.js';
import type { Sql, Statement } from './statement.js';

/** Transactions of one process at a time: judge, look, sweep, claim, record and the operator's. */
const CONNECTIONS = 8;
const CONNECT_TIMEOUT_MS = 5000;

/**
 * What every session sets, so that a server that is stopped inside a transaction locks Neutron out for seconds only:
 * waits for locks end after 2 s, idle transactions after 5 s (MariaDB ends the session and frees the locks). On Galera
 * `wsrep_sync_wait` makes each read see what the cluster has committed; elsewhere it means nothing. A list of more than
 * 1,000 ids must stay a list: as the join that MariaDB makes of it by default it reads, and locks, whole tables.
 */
const SESSION = [
  'set session transaction isolation level read committed',
  `set session innodb_lock_wait_timeout = 2, idle_transaction_timeout = 5, idle_write_transaction_timeout = 5,
   time_zone = '+00:00', wsrep_sync_wait = 1, in_predicate_conversion_threshold = 0, sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'`,
];

/** Opens MariaDB 10.6 or later. Connects with the first statement, and again whenever a connection broke. */
export function openMariadb(
  url: URL,
  ledgerSchema: string,
  { silenceMs = SILENCE_MS, tls }: Link = {},
): SqlStore {
  const pool = createPool({
    stream: () => openSocket(url, silenceMs),
    host: nameToVerify(url),
    ...(tls === undefined ? {} : { ssl: tls }),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
    charset: 'utf8mb4',
    timezone: 'Z',
    connectTimeout: CONNECT_TIMEOUT_MS,
    connectionLimit: CONNECTIONS,
  });
  const db = new Kysely<object>({
    dialect: new MysqlDialect({
      pool,
      onCreateConnection: async (connection) => {
        for (const statement of SESSION) await connection.executeQuery(CompiledQuery.raw(statement));
      },
    }),
  });
  return { db, dialect: mariadb(ledgerSchema) };
}

function openSocket(url: URL, silenceMs: number): Socket {
  const path = url.searchParams.get('socket');
  const port = url.port === '' ? 3306 : Number(url.port);
  const address = path === null ? { host: hostOf(url), port, noDelay: true, keepAlive: true } : { path };
  return endWhenSilent(connect(address), silenceMs);
}

/**
 * What the certificate has to bear. mysql2 does not tell TLS of an address, so that `localhost` would have to stand in the
 * certificate; with the dot at its end it is a name to mysql2, and still that address to the check.
 */
function nameToVerify(url: URL): string {
  const host = hostOf(url);
  return isIP(host) === 0 ? host : `${host}.`;
}

function mariadb(ledgerSchema: string): SqlDialect {
  return {
    name: 'mariadb',
    begin: 'start transaction',
    locksRows: true,
    forUpdate: sql`for update`,
    forUpdateOf: () => sql`for update`,
    forShareOf: () => sql`lock in share mode`,
    thenJoin: sql`straight_join`,
    skipLocked: sql`for update skip locked`,
    // Not the protocol's own way, several statements in one text: that goes on after a deadlock, outside the transaction.
    several: (statements) => sql`begin not atomic ${inTurn(statements)} end`,
    now: () => sql`cast(unix_timestamp(now(3)) * 1000 as signed)`,
    updatedAt: () => sql`utc_timestamp()`,
    ageMs: (column) => sql`timestampdiff(second, ${sql.ref(column)}, utc_timestamp()) * 1000`,
    // In a storm the ledger grows from nothing within seconds, and its statistics lag behind: each statement would read it all.
    by: (index) => sql`force index (${sql.raw(index)})`,
    // The driver writes a list, and a list of rows, into the statement: one parameter instead of thousands.
    among: (values) => sql`in (${values})`,
    values: (_table, _columns, rows) => sql`values ${rows}`,
    pairs: (pairs) => sql`${pairs}`,
    // With `in (…)` MariaDB scans the table where the list is a large share of it, and waits for each row that is locked.
    deleteBlocks: (ids, entity) =>
      sql`delete b from json_table(${JSON.stringify(ids)}, '$[*]' columns (id bigint path '$')) ours
        straight_join provisioningblocks b force index (primary) on b.standard_attr_id = ours.id and b.entity = ${entity}`,
    insertIgnore: (table, columns, values) =>
      sql`insert ignore into ${table} (${sql.raw(columns)}) ${values}`,
    overwrite: (columns) =>
      sql`on duplicate key update ${sql.join(columns.map((name) => sql`${sql.ref(name)} = values(${sql.ref(name)})`))}`,
    concat: (parts) => sql`concat(${sql.join(parts)})`,
    ledger: (name) => sql.table(`${ledgerSchema}.${name}`),
    classify,
  };
}

/** Statements inside a compound one, where the protocol does not say how many rows a write matched. */
function inTurn([first, ...rest]: readonly Statement<unknown>[]): Sql {
  if (first === undefined) return sql``;
  const { text, isWrite, goesOnIf } = first;
  const own = isWrite ? sql`${text}; select row_count() as changed;` : sql`${text};`;
  if (goesOnIf === undefined || rest.length === 0) return sql`${own} ${inTurn(rest)}`;
  return sql`${own} if ${goesOnIf} then ${inTurn(rest)} end if;`;
}

/** MariaDB's error numbers, by what they mean to us. What is in no row is an outage: try again, acknowledge nothing. */
const FAILURES: readonly (readonly [Failure, readonly number[]])[] = [
  // deadlock, lock wait timeout, record changed since last read, duplicate key of a ledger row that another inserted
  ['conflict', [1213, 1205, 1020, 1062]],
  // access denied: to the schema, to log in, to a table, to a column, for lack of a privilege
  ['RIGHTS', [1044, 1045, 1698, 1142, 1143, 1227, 1370]],
  // unknown database, column, table; binlog_format=STATEMENT with READ COMMITTED
  ['LAYOUT', [1049, 1054, 1146, 1665]],
  // null, out of range, wrong or too long value, invalid string, foreign key without its row
  ['DATA', [1048, 1264, 1265, 1292, 1300, 1366, 1406, 1452, 3988]],
];

function classify(error: unknown): Failure {
  const errno = error instanceof Error && 'errno' in error ? error.errno : undefined;
  return (
    FAILURES.find(([, numbers]) => typeof errno === 'number' && numbers.includes(errno))?.[0] ?? 'UNAVAILABLE'
  );
}

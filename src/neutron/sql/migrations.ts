import { sql } from 'kysely';
import type { Db, LedgerTable, SqlDialect, SqlStore } from './dialect.js';
import { query } from './transaction.js';

/** One step of the ledger's layout. Steps only add, so that the program before runs beside this one. */
interface Migration {
  readonly version: number;
  /**
   * `{name}` stands for the ledger's table of that name, `{engine}` for what follows a table's definition, `{long}` for the
   * type of a text that is longer than 64 kB.
   */
  readonly statements: readonly (string | NewColumn)[];
}

/** Stands for itself because SQLite can not be told to add a column only where it is not there yet. */
interface NewColumn {
  readonly table: LedgerTable;
  readonly column: string;
  readonly type: string;
}

const MIGRATIONS: readonly Migration[] = [
  {
    // Version 1, which was never released, had claims in a table of their own. What its reports say is judged anew.
    version: 2,
    statements: [
      'drop table if exists {claims}',
      'drop table if exists {reports}',
      `create table if not exists {settings} (
        name varchar(64) not null, value varchar(255) not null, primary key (name)) {engine}`,
      `insert into {settings} (name, value) select 'paused', 'no'
       where not exists (select 1 from {settings} where name = 'paused')`,
      `create table if not exists {incarnations} (
        id varchar(64) not null, epoch bigint not null, entered_at bigint not null,
        primary key (id), unique (epoch)) {engine}`,
      // What Nova was told has values of the usual length from the beginning: a row that grows costs twice as much.
      `create table if not exists {reports} (
        port varchar(36) not null, chassis varchar(255) not null,
        epoch bigint not null, revision bigint not null, status varchar(16) not null, attachment varchar(64) not null,
        instance varchar(64), observed_at bigint not null, seen text,
        verdict varchar(16) not null, reason varchar(64) not null, mode varchar(16) not null,
        effects varchar(64) not null, blocks varchar(255) not null, neutron_status varchar(16),
        server varchar(255) not null, judged_at bigint not null, applied_at bigint,
        has_our_block smallint not null, look_at bigint,
        server_id varchar(255), owed_no bigint not null, told_no bigint not null, word varchar(16),
        owed_attachment varchar(64), owed_at bigint, attempts int not null, settle_at bigint,
        told_plugged smallint not null default 0, told_word varchar(16) not null default 'nothing',
        told_result varchar(16) not null default 'none', told_code int, told_detail varchar(255),
        told_at bigint not null default 0,
        claimed_no bigint not null default 0, claim_generation varchar(255) not null default '',
        claim_nonce varchar(64) not null default '',
        primary key (port, chassis)) {engine}`,
      'create index if not exists {reports:look_at} on {reports} (look_at)',
      'create index if not exists {reports:settle_at} on {reports} (settle_at)',
      'create index if not exists {reports:chassis} on {reports} (chassis)',
      `create table if not exists {quarantine} (
        port varchar(255) not null, chassis varchar(255) not null, revision bigint not null,
        incarnation varchar(64) not null, body text not null, reason varchar(1024) not null,
        server varchar(255) not null, put_at bigint not null, primary key (port, chassis)) {engine}`,
    ],
  },
  {
    // What became of earlier reports: domain/history.ts. Null where nothing was judged since.
    version: 3,
    statements: [{ table: 'reports', column: 'history', type: 'text' }],
  },
  {
    // Words that Nova is being told, by the transaction in which they became owed: calls.ts.
    version: 4,
    statements: [
      `create table if not exists {calls} (
        nonce varchar(64) not null, generation varchar(255) not null, made_at bigint not null, due_at bigint not null,
        words int not null, ports {long} not null, primary key (nonce)) {engine}`,
    ],
  },
];

/** The version that this program needs; it also runs on any later one. */
export const LEDGER_VERSION = Math.max(...MIGRATIONS.map(({ version }) => version));

/** Names are compared byte by byte, as the judge compares them. */
const MARIADB_ENGINE = 'engine = InnoDB default charset = utf8mb4 collate = utf8mb4_bin';

/**
 * Brings the ledger to this program's version, as a user who may create tables; never touches Neutron's.
 *
 * Each definition is committed by itself: after a crash half-way, running it again passes over what is there.
 *
 * @returns the versions that were applied.
 */
export async function migrate(store: SqlStore, ledgerSchema: string): Promise<readonly number[]> {
  const applied: number[] = [];
  await query(store, async (db) => {
    for (const statement of preparation(store.dialect, ledgerSchema)) await sql.raw(statement).execute(db);
    const table = store.dialect.ledger('schema_version');
    const { rows } = await sql<{ version: number }>`select version from ${table}`.execute(db);
    for (const { version, statements } of MIGRATIONS) {
      if (rows.some((row) => row.version >= version)) continue;
      for (const statement of statements) {
        if (typeof statement !== 'string') await addColumn(db, store.dialect, statement);
        else await sql.raw(fill(statement, store.dialect, ledgerSchema)).execute(db);
      }
      await sql`insert into ${table} (version, applied_at) values (${version}, ${store.dialect.now()})`.execute(
        db,
      );
      applied.push(version);
    }
  });
  return applied;
}

async function addColumn(db: Db, dialect: SqlDialect, { table, column, type }: NewColumn): Promise<void> {
  const definition = sql`${sql.ref(column)} ${sql.raw(type)}`;
  if (dialect.name !== 'sqlite') {
    await sql`alter table ${dialect.ledger(table)} add column if not exists ${definition}`.execute(db);
    return;
  }
  const { rows } = await sql`
    select name from pragma_table_info(${`port_status_${table}`}) where name = ${column}`.execute(db);
  if (rows.length === 0) await sql`alter table ${dialect.ledger(table)} add column ${definition}`.execute(db);
}

function preparation(dialect: SqlDialect, ledgerSchema: string): readonly string[] {
  const versions =
    'create table if not exists {schema_version} (version int not null, applied_at bigint not null, primary key (version)) {engine}';
  const { schema } = spelling(dialect, ledgerSchema);
  return [
    ...(schema === undefined ? [] : [`create schema if not exists ${schema}`]),
    fill(versions, dialect, ledgerSchema),
  ];
}

function fill(statement: string, dialect: SqlDialect, ledgerSchema: string): string {
  const { schema, engine, long } = spelling(dialect, ledgerSchema);
  return statement
    .replaceAll('{engine}', engine)
    .replaceAll('{long}', long)
    .replaceAll(/\{(\w+):(\w+)\}/g, 'port_status_$1_$2')
    .replaceAll(/\{(\w+)\}/g, schema === undefined ? 'port_status_$1' : `${schema}.$1`);
}

/** How definitions are spelled: the ledger's own schema, where there are schemas, what follows a table, and a long text. */
function spelling(
  { name }: SqlDialect,
  ledgerSchema: string,
): { readonly schema?: string; readonly engine: string; readonly long: string } {
  switch (name) {
    case 'mariadb':
      return { schema: `\`${ledgerSchema}\``, engine: MARIADB_ENGINE, long: 'mediumtext' };
    case 'postgresql':
      return { schema: `"${ledgerSchema}"`, engine: '', long: 'text' };
    case 'sqlite':
      return { engine: '', long: 'text' };
  }
}

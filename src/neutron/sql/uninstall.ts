import { sql } from 'kysely';
import { fateOfBlock } from '../../domain/our-block.js';
import type { BlockFate } from '../../domain/our-block.js';
import { L2_BLOCK } from '../../domain/neutron-port.js';
import { hasCode, PortStatusError } from '../../domain/errors.js';
import { keyOf } from '../../domain/report.js';
import type { ReportKey } from '../../domain/report.js';
import { isOwed } from './debts.js';
import type { Db, LedgerTable, SqlDialect, SqlStore } from './dialect.js';
import { lockPorts, readPorts } from './facts.js';
import { checkLayout } from './layout.js';
import { readLedger } from './ledger.js';
import type { LedgerRow } from './ledger.js';
import { carryOut } from './statements.js';
import { query, transact } from './transaction.js';
import type { Transactor } from './transaction.js';

/** What an uninstallation needs to know before it changes anything. */
export interface Installed {
  readonly hasLedger: boolean;
  /** Words that Nova is owed and that nobody will tell it any more. */
  readonly owedWords: number;
}

/**
 * Looks whether there is a ledger, and what Nova is still owed. Changes nothing.
 *
 * @throws {PortStatusError} UNAVAILABLE, or RIGHTS where the database does not let us in.
 */
export async function inspectInstalled(store: SqlStore): Promise<Installed> {
  await query(store, (db) => sql`select 1`.execute(db));
  try {
    const { rows } = await query(store, (db) =>
      sql<{ owed: number }>`
        select count(*) as owed from ${store.dialect.ledger('reports')} where ${isOwed(store.dialect)}`.execute(
        db,
      ),
    );
    return { hasLedger: true, owedWords: rows[0]?.owed ?? 0 };
  } catch (error) {
    if (hasCode(error, 'LAYOUT')) return { hasLedger: false, owedWords: 0 };
    throw error;
  }
}

/**
 * Checks, before anything is changed, that this user may do all that an uninstallation does. Changes nothing.
 *
 * @throws {PortStatusError} RIGHTS or LAYOUT where it may not; UNAVAILABLE.
 */
export async function checkMayUninstall(
  store: SqlStore,
  ledgerSchema: string,
  { removesBlocks }: { readonly removesBlocks: boolean },
): Promise<void> {
  try {
    await query(store, () => tryToDrop(store, ledgerSchema));
  } catch (error) {
    throw hasCode(error, 'RIGHTS') ? mayNotDrop(error) : error;
  }
  if (removesBlocks) await checkLayout(store, { willWrite: true });
}

/**
 * MariaDB asks for the right before it looks whether there is a table of that name. PostgreSQL takes definitions back:
 * what is refused to whoever does not own the tables, or while others depend on them, is seen by dropping them in vain.
 */
async function tryToDrop({ db, dialect }: SqlStore, ledgerSchema: string): Promise<void> {
  switch (dialect.name) {
    case 'mariadb':
      await sql`drop table if exists ${sql.table(`${ledgerSchema}.no_such_table`)}`.execute(db);
      return;
    case 'postgresql':
      await db.connection().execute((connection) => dropInVain(connection, dialect, ledgerSchema));
      return;
    case 'sqlite':
      return;
  }
}

async function dropInVain(db: Db, dialect: SqlDialect, ledgerSchema: string): Promise<void> {
  await sql.raw(dialect.begin).execute(db);
  try {
    await dropTables(db, dialect, ledgerSchema);
  } finally {
    await sql`rollback`.execute(db);
  }
}

function mayNotDrop(error: PortStatusError): PortStatusError {
  const why = error.cause instanceof Error ? error.cause.message : error.message;
  return new PortStatusError(
    'RIGHTS',
    `this user of neutron.url may not drop the ledger (${why}); run uninstall as the user who ran "port-status migrate", and drop what others have made of the ledger's tables`,
    { cause: error },
  );
}

/** A block that the ledger calls ours, with what becomes of it. */
export interface JudgedBlock extends ReportKey {
  readonly fate: BlockFate;
}

export interface BlockPage {
  readonly blocks: readonly JudgedBlock[];
  readonly last?: ReportKey | undefined;
}

/**
 * The next page of the blocks that we inserted, in the order of the ledger's primary key. With `willRemove` those that
 * have to go are deleted, under the locks that a judgement takes; Neutron's other rows stay as they are.
 *
 * On a crash the page is done or not at all; doing it again finds what is left.
 */
export async function settleBlocks(
  store: Transactor,
  after: ReportKey | undefined,
  options: { readonly limit: number; readonly willRemove: boolean },
): Promise<BlockPage> {
  const keys = await readMarked(store, after, options.limit);
  if (keys.length === 0) return { blocks: [] };
  const ids = keys.map(({ portId }) => portId);
  const locks = options.willRemove ? [lockPorts(store.dialect, ids)] : [];
  const blocks = await transact(store, locks, async (db) => {
    const { judged, standardAttrIds } = await judgeBlocks(db, store.dialect, keys, options.willRemove);
    if (options.willRemove) await deleteBlocks(db, standardAttrIds);
    return judged;
  });
  return { blocks, last: keys.at(-1) };
}

/** Of several chassis that a port was on, the one for which we changed it last speaks for its block. */
async function readMarked(
  store: SqlStore,
  { portId, chassis }: ReportKey = { portId: '', chassis: '' },
  limit: number,
): Promise<readonly ReportKey[]> {
  const table = store.dialect.ledger('reports');
  const { rows } = await query(store, (db) =>
    sql<{ port: string; chassis: string }>`
      select port, chassis from ${table} r
      where has_our_block = 1 and (port > ${portId} or (port = ${portId} and chassis > ${chassis}))
        and not exists (select 1 from ${table} o where o.port = r.port and o.applied_at > r.applied_at)
      order by port, chassis limit ${limit}`.execute(db),
  );
  return rows.map((row) => ({ portId: row.port, chassis: row.chassis }));
}

async function judgeBlocks(
  db: Db,
  dialect: SqlDialect,
  keys: readonly ReportKey[],
  lock: boolean,
): Promise<{ readonly judged: readonly JudgedBlock[]; readonly standardAttrIds: readonly number[] }> {
  const ledger = await carryOut(db, readLedger(dialect, keys, { lock }));
  const ports = await readPorts(
    db,
    dialect,
    keys.map(({ portId }) => portId),
  );
  const judged = keys.flatMap((key) => {
    const row = ledger.get(keyOf(key));
    return row === undefined ? [] : [{ ...key, fate: fateOfBlock(insertedBy(row), ports.get(key.portId)) }];
  });
  const removed = judged.filter(({ fate }) => fate.kind === 'remove');
  const standardAttrIds = removed.flatMap(({ portId }) => ports.get(portId)?.standardAttrId ?? []);
  return { judged, standardAttrIds };
}

function insertedBy({
  chassis,
  status,
  instance,
  serverId,
  blocks,
}: LedgerRow): Parameters<typeof fateOfBlock>[0] {
  return { chassis, status, instance: instance ?? serverId, blocksThen: blocks.split(',') };
}

async function deleteBlocks(db: Db, standardAttrIds: readonly number[]): Promise<void> {
  if (standardAttrIds.length === 0) return;
  await sql`delete from provisioningblocks
    where entity = ${L2_BLOCK} and standard_attr_id in (${sql.join(standardAttrIds)})`.execute(db);
}

/** The one that tells whether there is a ledger goes first: the others are not used without it. */
const LEDGER_TABLES: readonly LedgerTable[] = [
  'reports',
  'calls',
  'quarantine',
  'incarnations',
  'settings',
  'schema_version',
];

/**
 * Drops the ledger's tables, and their schema where nothing else is in it: whoever put a table of their own there, or
 * named Neutron's schema in `neutron.ledgerSchema`, keeps it.
 *
 * Databases commit each definition by itself: after a crash half-way, running it again drops the rest.
 *
 * @returns whether the schema itself is gone, or there was none to drop.
 */
export async function dropLedger(store: SqlStore, ledgerSchema: string): Promise<boolean> {
  return query(store, (db) => dropTables(db, store.dialect, ledgerSchema));
}

async function dropTables(db: Db, dialect: SqlDialect, ledgerSchema: string): Promise<boolean> {
  for (const table of LEDGER_TABLES) await sql`drop table if exists ${dialect.ledger(table)}`.execute(db);
  if (dialect.name === 'sqlite') return true;
  const { rows } =
    await sql`select 1 from information_schema.tables where table_schema = ${ledgerSchema}`.execute(db);
  if (rows.length === 0) await sql`drop schema if exists ${sql.id(ledgerSchema)}`.execute(db);
  return rows.length === 0;
}

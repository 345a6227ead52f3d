import { sql } from 'kysely';
import type { Db, SqlDialect } from './dialect.js';
import { query, transact } from './transaction.js';
import type { Transactor } from './transaction.js';

export interface Flags {
  readonly isPaused: boolean;
  /** Milliseconds since 1970 by the database's clock. */
  readonly now: number;
}

/** The flags, and the numbers of those incarnations that the ledger knows. */
export interface FlagsAndEpochs extends Flags {
  readonly epochs: ReadonlyMap<string, number>;
}

/**
 * Reads the operator's flag, sharing a lock on it: whoever sets it waits until every transaction that saw the old value
 * has ended.
 */
export async function readFlags(
  db: Db,
  dialect: SqlDialect,
  incarnations: readonly string[] = [],
): Promise<FlagsAndEpochs> {
  const known = [...incarnations, '']; // a list must not be empty
  const { rows } = await sql<{ value: string; now: number; id: string | null; epoch: number | null }>`
    select s.value, ${dialect.now()} as now, i.id, i.epoch
    from ${dialect.ledger('settings')} s left join ${dialect.ledger('incarnations')} i on i.id ${dialect.among(known)}
    where s.name = 'paused' ${dialect.forShareOf('s')}`.execute(db);
  const row = rows[0];
  return {
    isPaused: row?.value !== 'no',
    now: row?.now ?? 0,
    epochs: new Map(rows.flatMap(({ id, epoch }) => (id === null || epoch === null ? [] : [[id, epoch]]))),
  };
}

export async function isPaused(store: Transactor): Promise<boolean> {
  const { rows } = await query(store, (db) =>
    sql<{
      value: string;
    }>`select value from ${store.dialect.ledger('settings')} where name = 'paused'`.execute(db),
  );
  return rows[0]?.value !== 'no';
}

/**
 * Waits for every transaction that saw the old value. On PostgreSQL those that come later share a locked row without
 * queueing, and would keep us waiting for ever; for a table they queue. A row that somebody deleted, which means paused,
 * is written anew.
 */
export async function setPaused(store: Transactor, paused: boolean): Promise<void> {
  const { dialect } = store;
  const table = dialect.ledger('settings');
  await transact(store, async (db) => {
    if (dialect.name === 'postgresql') await sql`lock table ${table} in exclusive mode`.execute(db);
    await sql`insert into ${table} (name, value) values ('paused', ${paused ? 'yes' : 'no'})
      ${dialect.overwrite(['value'], 'name')}`.execute(db);
  });
}

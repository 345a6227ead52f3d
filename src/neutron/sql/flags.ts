import { sql } from 'kysely';
import { PortStatusError } from '../../domain/errors.js';
import type { SqlDialect } from './dialect.js';
import { question } from './statements.js';
import type { Statement } from './statement.js';
import { query, transact } from './transaction.js';
import type { Transactor } from './transaction.js';

export interface Flags {
  /** Milliseconds since 1970 by the database's clock. */
  readonly now: number;
  /** The numbers of those incarnations that were asked for and that the ledger knows. */
  readonly epochs: ReadonlyMap<string, number>;
}

interface FlagRow {
  readonly value: string;
  readonly now: number;
  readonly id: string | null;
  readonly epoch: number | null;
}

/** Ends a transaction that began while an operator has paused the writing. */
const PAUSED = new PortStatusError('UNAVAILABLE', 'all writing is paused');

/**
 * Reads the operator's flag, sharing a lock on it: whoever sets it waits until every transaction that saw the old value
 * has ended. While it is set nothing that stands behind is carried out: Neutron's tables are not touched.
 *
 * @throws what `unlessPaused` answers for, while it is set.
 */
export function readFlags(dialect: SqlDialect, incarnations: readonly string[] = []): Statement<Flags> {
  const known = [...incarnations, '']; // a list must not be empty
  const settings = dialect.ledger('settings');
  const text = sql`
    select s.value, ${dialect.now()} as now, i.id, i.epoch
    from ${settings} s left join ${dialect.ledger('incarnations')} i on i.id ${dialect.among(known)}
    where s.name = 'paused' ${dialect.forShareOf('s')}`;
  return question(text, toFlags, sql`(select value from ${settings} where name = 'paused') = 'no'`);
}

function toFlags(rows: readonly FlagRow[]): Flags {
  const [first] = rows;
  if (first?.value !== 'no') throw PAUSED;
  const epochs = rows.flatMap(({ id, epoch }) =>
    id === null || epoch === null ? [] : [[id, epoch] as const],
  );
  return { now: first.now, epochs: new Map(epochs) };
}

/** Transactions that begin with the flags, or `instead` where the writing is paused. */
export async function unlessPaused<T>(work: Promise<T>, instead: T): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error === PAUSED) return instead;
    throw error;
  }
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
  await transact(store, [], async (db) => {
    if (dialect.name === 'postgresql') await sql`lock table ${table} in exclusive mode`.execute(db);
    await sql`insert into ${table} (name, value) values ('paused', ${paused ? 'yes' : 'no'})
      ${dialect.overwrite(['value'], 'name')}`.execute(db);
  });
}

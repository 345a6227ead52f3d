import { sql } from 'kysely';
import type { LedgerCounts } from '../neutron.js';
import { DUE } from './debts.js';
import type { SqlStore } from './dialect.js';
import { query } from './transaction.js';

/** Reads the owed rows alone, by their index, the calls, which are few, and the quarantine, which is small; locks nothing. */
export async function readCounts(store: SqlStore): Promise<LedgerCounts> {
  const { dialect } = store;
  return query(store, async (db) => {
    const { rows } = await sql<Sums>`
      select coalesce(sum(words), 0) as owed, coalesce(${dialect.now()} - min(since), 0) as ${sql.ref('oldestOwedMs')},
        (select count(*) from ${dialect.ledger('quarantine')}) as quarantined
      from (
        select count(*) as words, min(owed_at) as since from ${dialect.ledger('reports')} ${dialect.by(DUE)}
        where settle_at > 0
        union all select words, made_at from ${dialect.ledger('calls')}) owed`.execute(db);
    return rows.map((row) => ({ ...row, owed: Number(row.owed) }))[0] ?? NOTHING;
  });
}

const NOTHING: LedgerCounts = { owed: 0, oldestOwedMs: 0, quarantined: 0 };

/** Databases add up whole numbers as decimals, which their drivers hand out as text. */
type Sums = Omit<LedgerCounts, 'owed'> & { readonly owed: number | string };

import { sql } from 'kysely';
import type { LedgerCounts } from '../neutron.js';
import { DUE } from './debts.js';
import type { SqlStore } from './dialect.js';
import { query } from './transaction.js';

/** Reads the owed rows alone, by their index, and the quarantine, which is small; locks nothing. */
export async function readCounts(store: SqlStore): Promise<LedgerCounts> {
  const { dialect } = store;
  return query(store, async (db) => {
    const { rows } = await sql<LedgerCounts>`
      select count(*) as owed, coalesce(${dialect.now()} - min(owed_at), 0) as ${sql.ref('oldestOwedMs')},
        (select count(*) from ${dialect.ledger('quarantine')}) as quarantined
      from ${dialect.ledger('reports')} ${dialect.by(DUE)} where settle_at > 0`.execute(db);
    return rows[0] ?? NOTHING;
  });
}

const NOTHING: LedgerCounts = { owed: 0, oldestOwedMs: 0, quarantined: 0 };

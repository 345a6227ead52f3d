import { sql } from 'kysely';
import type { QuarantineEntry } from '../neutron.js';
import { inChunks } from './keys.js';
import { query, transact } from './transaction.js';
import type { Transactor } from './transaction.js';

const COLUMNS = ['port', 'chassis', 'revision', 'incarnation', 'body', 'reason', 'server', 'put_at'];
/** Longest text that a column of the quarantine takes; what is longer is cut, since it is for people. */
const LONGEST = { name: 255, body: 4096, reason: 1024 };

/** Keeps reports that can never be written. A newer one of the same port and chassis replaces the older. */
export async function quarantine(store: Transactor, entries: readonly QuarantineEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const { dialect } = store;
  const rows = entries.map(
    (
      entry,
    ) => sql`(${entry.portId.slice(0, LONGEST.name)}, ${entry.chassis}, ${entry.revision}, ${entry.incarnation},
      ${entry.body.slice(0, LONGEST.body)}, ${entry.reason.slice(0, LONGEST.reason)}, ${entry.server}, ${dialect.now()})`,
  );
  const head = sql`insert into ${dialect.ledger('quarantine')} (${sql.raw(COLUMNS.join(', '))})`;
  const overwrite = dialect.overwrite(COLUMNS.slice(2));
  await transact(store, (db) =>
    inChunks(rows, (chunk) => sql`${head} values ${sql.join(chunk)} ${overwrite}`.execute(db)),
  );
}

export async function countQuarantined(store: Transactor): Promise<number> {
  const { rows } = await query(store, (db) =>
    sql<{ n: number }>`select count(*) as n from ${store.dialect.ledger('quarantine')}`.execute(db),
  );
  return rows[0]?.n ?? 0;
}

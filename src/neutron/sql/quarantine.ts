import { sql } from 'kysely';
import { keyOf } from '../../domain/report.js';
import type { QuarantineEntry } from '../neutron.js';
import { inChunks } from './keys.js';
import { query, transact } from './transaction.js';
import type { Transactor } from './transaction.js';

const COLUMNS = ['port', 'chassis', 'revision', 'incarnation', 'body', 'reason', 'server', 'put_at'];
/** Longest text that a column of the quarantine takes; what is longer is cut, since it is for people. */
const LONGEST = { name: 255, incarnation: 64, body: 4096, reason: 1024 };

/** Keeps reports that can never be written. A newer one of the same port and chassis replaces the older. */
export async function quarantine(store: Transactor, entries: readonly QuarantineEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const { dialect } = store;
  const newest = new Map(entries.map((entry) => [keyOf(printable(entry)), printable(entry)]));
  const rows = [...newest.values()].map(
    ({ portId, chassis, revision, incarnation, body, reason, server }) =>
      sql`(${portId}, ${chassis}, ${revision}, ${incarnation}, ${body}, ${reason}, ${server}, ${dialect.now()})`,
  );
  const head = sql`insert into ${dialect.ledger('quarantine')} (${sql.raw(COLUMNS.join(', '))})`;
  const overwrite = dialect.overwrite(COLUMNS.slice(2), 'port, chassis');
  await transact(store, (db) =>
    inChunks(rows, (chunk) => sql`${head} values ${sql.join(chunk)} ${overwrite}`.execute(db)),
  );
}

/** An entry that fits its columns whatever was forged: what the quarantine refused would stop its topic. PostgreSQL's text holds no NUL. */
function printable(entry: QuarantineEntry): QuarantineEntry {
  const cut = (text: string, longest: number): string => text.replaceAll('\0', '').slice(0, longest);
  return {
    ...entry,
    portId: cut(entry.portId, LONGEST.name),
    chassis: cut(entry.chassis, LONGEST.name),
    revision: Math.min(Math.max(Math.trunc(entry.revision), 0), Number.MAX_SAFE_INTEGER),
    incarnation: cut(entry.incarnation, LONGEST.incarnation),
    body: cut(entry.body, LONGEST.body),
    reason: cut(entry.reason, LONGEST.reason),
  };
}

export async function countQuarantined(store: Transactor): Promise<number> {
  const { rows } = await query(store, (db) =>
    sql<{ n: number }>`select count(*) as n from ${store.dialect.ledger('quarantine')}`.execute(db),
  );
  return rows[0]?.n ?? 0;
}

import { sql } from 'kysely';
import type { Db, SqlDialect } from './dialect.js';
import { query, transact } from './transaction.js';
import type { Transactor } from './transaction.js';

/** The numbers of those incarnations that the ledger knows. */
export async function readEpochs(
  db: Db,
  dialect: SqlDialect,
  incarnations: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (incarnations.length === 0) return new Map();
  const { rows } = await sql<{ id: string; epoch: number }>`
    select id, epoch from ${dialect.ledger('incarnations')} where id in (${sql.join(incarnations)})`.execute(
    db,
  );
  return new Map(rows.map(({ id, epoch }) => [id, epoch]));
}

/** Gives an incarnation the next number. Two that do so at once conflict, and one of them finds the other's row. */
export async function enterIncarnation(db: Db, dialect: SqlDialect, incarnation: string): Promise<number> {
  const table = dialect.ledger('incarnations');
  const { rows } = await sql<{
    next: number;
  }>`select coalesce(max(epoch), 0) + 1 as next from ${table}`.execute(db);
  const epoch = rows[0]?.next ?? 1;
  await sql`insert into ${table} (id, epoch, entered_at) values (${incarnation}, ${epoch}, ${dialect.now()})`.execute(
    db,
  );
  return epoch;
}

/** Takes no lock where the number is known: every sweep asks. */
export async function epochOf(store: Transactor, incarnation: string): Promise<number> {
  const { dialect } = store;
  const read = (db: Db): ReturnType<typeof readEpochs> => readEpochs(db, dialect, [incarnation]);
  const known = (await query(store, read)).get(incarnation);
  if (known !== undefined) return known;
  return transact(
    store,
    async (db) => (await read(db)).get(incarnation) ?? enterIncarnation(db, dialect, incarnation),
  );
}

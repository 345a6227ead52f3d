import { sql } from 'kysely';
import type { Judging, Neutron } from '../neutron.js';
import type { Db, SqlDialect } from './dialect.js';
import { change } from './statements.js';
import type { Statement } from './statement.js';
import { query } from './transaction.js';
import type { Transactor } from './transaction.js';

/** The numbers of those incarnations that the ledger knows. */
async function readEpochs(
  db: Db,
  dialect: SqlDialect,
  incarnations: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (incarnations.length === 0) return new Map();
  const { rows } = await sql<{ id: string; epoch: number }>`
    select id, epoch from ${dialect.ledger('incarnations')} where id ${dialect.among(incarnations)}`.execute(
    db,
  );
  return new Map(rows.map(({ id, epoch }) => [id, epoch]));
}

/** The same, with that of the present incarnation in any case. */
export async function readEpochsBeside(
  db: Db,
  dialect: SqlDialect,
  incarnations: readonly string[],
  { incarnation, epoch }: Pick<Judging, 'incarnation' | 'epoch'>,
): Promise<ReadonlyMap<string, number>> {
  return new Map([[incarnation, epoch], ...(await readEpochs(db, dialect, incarnations))]);
}

export async function epochOf(store: Transactor, incarnation: string): ReturnType<Neutron['epochOf']> {
  return query(store, async (db) => {
    const { rows } = await sql<{ id: string; epoch: number }>`
      select id, epoch from ${store.dialect.ledger('incarnations')}
      where id = ${incarnation} or epoch = (select max(epoch) from ${store.dialect.ledger('incarnations')})`.execute(
      db,
    );
    const epochs = new Map(rows.map(({ id, epoch }) => [id, epoch]));
    return { epoch: epochs.get(incarnation), greatest: Math.max(0, ...epochs.values()) };
  });
}

/** Two that take one number at once conflict in the database, and one of them changes nothing. */
export function enterIncarnation(
  dialect: SqlDialect,
  { incarnation, epoch }: Pick<Judging, 'incarnation' | 'epoch'>,
): Statement<void> {
  const row = sql`values (${incarnation}, ${epoch}, ${dialect.now()})`;
  return change(dialect.insertIgnore(dialect.ledger('incarnations'), 'id, epoch, entered_at', row));
}

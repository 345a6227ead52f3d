import { sql } from 'kysely';
import type { Db, SqlDialect } from './dialect.js';
import type { Sql, Statement } from './statement.js';

/** Some of them, of which any may be left out. */
export type Statements = readonly (Statement<unknown> | undefined)[];

/** What comes of each; of one that was left out nothing. */
export type Results<All extends Statements> = { [Index in keyof All]: Result<All[Index]> };

type Result<One> = One extends Statement<infer T> ? T : undefined;

/** A statement that answers with rows. */
export function question<T>(text: Sql, read: (rows: readonly never[]) => T, goesOnIf?: Sql): Statement<T> {
  return { text, isWrite: false, read: ({ rows }) => read(rows as readonly never[]), goesOnIf };
}

/** A statement that changes rows. @param check throws where the number of those that matched is not what it had to be. */
export function change(text: Sql, check: (changed: number) => void = () => undefined): Statement<void> {
  return { text, isWrite: true, read: ({ changed }) => check(changed) };
}

/** Carries out one statement. */
export async function carryOut<T>(db: Db, { text, read }: Statement<T>): Promise<T> {
  const { rows, numAffectedRows } = await text.execute(db);
  return read({ rows, changed: Number(numAffectedRows ?? 0) });
}

/** Statements of one round trip: with their 500 rows each they stay far below MariaDB's packet of 16 MiB. */
const MOST_AT_ONCE = 8;

/**
 * Carries out statements one after the other, in one round trip where the database can be told several at once. None is
 * carried out behind one that failed, or one whose condition to go on does not hold.
 */
export async function carryOutAll<const All extends Statements>(
  db: Db,
  dialect: SqlDialect,
  statements: All,
): Promise<Results<All>> {
  const results = new Map<Statement<unknown> | undefined, unknown>();
  const sent = statements.filter((statement) => statement !== undefined);
  for (let first = 0; first < sent.length; first += MOST_AT_ONCE) {
    const some = sent.slice(first, first + MOST_AT_ONCE);
    for (const [index, result] of (await carryOutSome(db, dialect, some)).entries())
      results.set(some[index], result);
  }
  return statements.map((statement) => results.get(statement)) as unknown as Results<All>;
}

async function carryOutSome(
  db: Db,
  { several }: SqlDialect,
  statements: readonly Statement<unknown>[],
): Promise<readonly unknown[]> {
  if (several === undefined || statements.length === 1) {
    const results: unknown[] = [];
    for (const statement of statements) results.push(await carryOut(db, statement));
    return results;
  }
  const { rows } = await sql<readonly { readonly changed?: number }[]>`${several(statements)}`.execute(db);
  return statements.map(({ isWrite, read }, index) => {
    const own = rows[index] ?? [];
    return read(isWrite ? { rows: [], changed: Number(own[0]?.changed) } : { rows: own, changed: 0 });
  });
}

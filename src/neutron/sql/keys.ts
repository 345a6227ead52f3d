import { sql } from 'kysely';
import { keyOf } from '../../domain/report.js';
import type { ReportKey } from '../../domain/report.js';
import type { SqlDialect } from './dialect.js';

/** A piece of a statement. */
export type Sql = ReturnType<typeof sql>;

/**
 * A condition on (port, chassis): the ports narrow the search by the primary key, the joined text says which of their
 * rows are meant. MariaDB takes 5 ms for 500 such keys, 300 ms where they are pairs, and reads the whole table where
 * they are many: see `inChunks`.
 */
export function keysIn({ name }: SqlDialect, keys: readonly ReportKey[]): Sql {
  const ports = [...new Set(keys.map(({ portId }) => portId))];
  const key = name === 'sqlite' ? sql`port || '@' || chassis` : sql`concat(port, '@', chassis)`;
  return sql`port in (${sql.join(ports)}) and ${key} in (${sql.join(keys.map(keyOf))})`;
}

/** A list of pairs to stand behind `in`: SQLite wants `values` before it. */
export function listOf({ name }: SqlDialect, pairs: readonly Sql[]): Sql {
  return name === 'sqlite' ? sql`values ${sql.join(pairs)}` : sql`${sql.join(pairs)}`;
}

/** Rows of one statement: they stay below SQLite's 32,766 parameters and MariaDB's packet, and a range of its keys. */
const CHUNK = 500;

/** Carries out one statement for each chunk of rows. */
export async function inChunks<Row>(
  rows: readonly Row[],
  carryOut: (chunk: readonly Row[]) => Promise<unknown>,
): Promise<void> {
  for (let start = 0; start < rows.length; start += CHUNK) await carryOut(rows.slice(start, start + CHUNK));
}

import { sql } from 'kysely';
import { PortStatusError } from '../../domain/errors.js';
import { keyOf } from '../../domain/report.js';
import type { ReportKey } from '../../domain/report.js';
import type { Case, QuarantineEntry, Quarantined, QuarantinedRef } from '../neutron.js';
import type { Db, SqlDialect, SqlStore } from './dialect.js';
import { inChunks, keysIn, keyText } from './keys.js';
import type { Sql } from './statement.js';
import { query, transact } from './transaction.js';
import type { Transactor } from './transaction.js';

const COLUMNS = ['port', 'chassis', 'revision', 'incarnation', 'body', 'reason', 'server', 'put_at'];
/** Longest text that a column of the quarantine takes; what is longer is cut, since it is for people. */
const LONGEST = { name: 255, incarnation: 64, body: 4096, reason: 1024 };

/** Keeps reports that can never be written. A newer one of the same port and chassis replaces the older. */
export async function quarantine(
  store: Transactor,
  entries: readonly QuarantineEntry[],
  most: number,
): Promise<boolean> {
  if (entries.length === 0) return true;
  const { dialect } = store;
  const newest = new Map(entries.map(toStored).map((entry) => [keyOf(entry), entry]));
  const rows = [...newest.values()].map(
    ({ portId, chassis, revision, incarnation, body, reason, server }) =>
      sql`(${portId}, ${chassis}, ${revision}, ${incarnation}, ${body}, ${reason}, ${server}, ${dialect.now()})`,
  );
  const head = sql`insert into ${dialect.ledger('quarantine')} (${sql.raw(COLUMNS.join(', '))})`;
  const overwrite = dialect.overwrite(COLUMNS.slice(2), 'port, chassis');
  try {
    await transact(store, [], async (db) => {
      await inChunks(rows, (chunk) => sql`${head} values ${sql.join(chunk)} ${overwrite}`.execute(db));
      if ((await count(db, dialect)) > most) throw FULL; // nothing of it is kept
    });
    return true;
  } catch (error) {
    if (error !== FULL) throw error;
    return false;
  }
}

const FULL = new PortStatusError('UNAVAILABLE', 'the quarantine is full');

/** Removes what the ledger's own row has overtaken. What was forged to fit no such row stays until somebody has looked. */
export async function emptyQuarantine(store: SqlStore): Promise<void> {
  const { dialect } = store;
  const kept = dialect.ledger('quarantine');
  await query(store, (db) =>
    sql`delete from ${kept} where exists (
      select 1 from ${dialect.ledger('reports')} r, ${dialect.ledger('incarnations')} i
      where i.id = ${kept}.incarnation and r.port = ${kept}.port and r.chassis = ${kept}.chassis
        and (r.epoch > i.epoch or (r.epoch = i.epoch and r.revision > ${kept}.revision)))`.execute(db),
  );
}

/** Of these cases, those whose report is not in quarantine as it is; a newer one of the same port may be better. */
export async function withoutQuarantined(store: SqlStore, cases: readonly Case[]): Promise<readonly Case[]> {
  const { dialect } = store;
  const kept = new Set<string>();
  const arrivals = cases.filter(({ arrival }) => arrival !== undefined);
  await inChunks(arrivals.map(printable), async (chunk) => {
    const { rows } = await query(store, (db) =>
      sql<Row>`select port, chassis, revision, incarnation from ${dialect.ledger('quarantine')}
        where ${keysIn(dialect, chunk)}`.execute(db),
    );
    for (const { port: portId, chassis, revision, incarnation } of rows)
      kept.add(nameOf({ portId, chassis }, revision, incarnation));
  });
  return kept.size === 0 ? cases : cases.filter((one) => !isKept(one, kept));
}

interface Row {
  readonly port: string;
  readonly chassis: string;
  readonly revision: number;
  readonly incarnation: string;
}

function isKept(one: Case, kept: ReadonlySet<string>): boolean {
  if (one.arrival === undefined) return false;
  const { report, incarnation } = one.arrival;
  return kept.has(nameOf(printable(one), revisionOf(report), cut(incarnation, LONGEST.incarnation)));
}

function nameOf(key: ReportKey, revision: number, incarnation: string): string {
  return `${keyOf(key)} ${revision} ${incarnation}`;
}

/** A key that fits its columns whatever was forged: what the quarantine refused would stop its topic. */
function printable({ portId, chassis }: ReportKey): ReportKey {
  return { portId: cut(portId, LONGEST.name), chassis: cut(chassis, LONGEST.name) };
}

/** PostgreSQL's text holds no NUL. */
function cut(text: string, longest: number): string {
  return text.replaceAll('\0', '').slice(0, longest);
}

function revisionOf({ revision }: { readonly revision: number }): number {
  return Math.min(Math.max(Math.trunc(revision), 0), Number.MAX_SAFE_INTEGER);
}

/** An entry that fits its columns, too. */
function toStored(entry: QuarantineEntry): QuarantineEntry {
  return {
    ...entry,
    ...printable(entry),
    revision: revisionOf(entry),
    incarnation: cut(entry.incarnation, LONGEST.incarnation),
    body: cut(entry.body, LONGEST.body),
    reason: cut(entry.reason, LONGEST.reason),
  };
}

/** The oldest first. */
export function listQuarantined(store: SqlStore, limit: number): Promise<readonly Quarantined[]> {
  return select(store, sql`order by put_at, port, chassis limit ${limit}`);
}

/** Reads all of the quarantine, which is small: keys that were forged are found, too. */
export async function findQuarantined(
  store: SqlStore,
  names: readonly string[],
): Promise<readonly Quarantined[]> {
  const { dialect } = store;
  const found = new Map<string, Quarantined>();
  await inChunks(names, async (chunk) => {
    const named = sql`port ${dialect.among(chunk)} or ${keyText(dialect)} ${dialect.among(chunk)}`;
    const entries = await select(store, sql`where ${named} order by put_at, port, chassis`);
    for (const entry of entries) found.set(keyOf(entry), entry);
  });
  return [...found.values()];
}

async function select(store: SqlStore, which: Sql): Promise<readonly Quarantined[]> {
  const { dialect } = store;
  const { rows } = await query(store, (db) =>
    sql<Quarantined>`
      select port as ${sql.ref('portId')}, chassis, revision, incarnation, body, reason, server,
        ${dialect.now()} - put_at as ${sql.ref('ageMs')}
      from ${dialect.ledger('quarantine')} ${which}`.execute(db),
  );
  return rows;
}

export async function releaseQuarantined(
  store: SqlStore,
  entries: readonly QuarantinedRef[],
): Promise<number> {
  const head = sql`delete from ${store.dialect.ledger('quarantine')} where`;
  let released = 0;
  await inChunks(entries.map(isEntry), async (chunk) => {
    const { numAffectedRows } = await query(store, (db) =>
      sql`${head} ${sql.join(chunk, sql` or `)}`.execute(db),
    );
    released += Number(numAffectedRows);
  });
  return released;
}

function isEntry({ portId, chassis, revision, incarnation }: QuarantinedRef): Sql {
  return sql`(port = ${portId} and chassis = ${chassis} and revision = ${revision} and incarnation = ${incarnation})`;
}

export async function countQuarantined(store: Transactor): Promise<number> {
  return query(store, (db) => count(db, store.dialect));
}

async function count(db: Db, dialect: SqlDialect): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*) as n from ${dialect.ledger('quarantine')}`.execute(db);
  return rows[0]?.n ?? 0;
}

import { sql } from 'kysely';
import type { Word } from '../../domain/debt.js';
import { grouped } from '../../domain/grouped.js';
import type { ReportKey } from '../../domain/report.js';
import type { Claim, Claimant, ClaimedDebt, Owed } from '../neutron.js';
import {
  findHeard,
  IN_CALL,
  isCallDue,
  isCallStanding,
  isClaimed,
  isHeard,
  noteHeard,
  releaseCalls,
} from './calls.js';
import type { ClaimedNo } from './calls.js';
import type { Db, SqlDialect } from './dialect.js';
import { readFlags, unlessPaused } from './flags.js';
import { inChunks, keysIn } from './keys.js';
import { isAnyRow } from './ledger.js';
import { carryOutAll } from './statements.js';
import type { Sql } from './statement.js';
import { query, transact } from './transaction.js';
import type { Transactor } from './transaction.js';

interface OwingRow extends ReportKey, ClaimedNo {
  readonly word: Word;
  readonly serverId: string;
  readonly owedNo: number;
  readonly toldPlugged: number;
  readonly attempts: number;
  readonly toldCode: number | null;
  readonly owedAt: number;
  readonly toldAt: number;
  readonly settleAt: number | null;
  /** Of other words it would be read for nothing. */
  readonly plugObservedAt: number | null;
}

/** Columns of an owing row, by the fields that they become. */
const OWING = {
  portId: 'port',
  chassis: 'chassis',
  word: 'word',
  serverId: 'server_id',
  owedNo: 'owed_no',
  toldNo: 'told_no',
  toldPlugged: 'told_plugged',
  attempts: 'attempts',
  toldCode: 'told_code',
  owedAt: 'owed_at',
  toldAt: 'told_at',
  settleAt: 'settle_at',
  claimedNo: 'claimed_no',
  claimGeneration: 'claim_generation',
  claimNonce: 'claim_nonce',
} as const satisfies Readonly<Record<Exclude<keyof OwingRow, 'plugObservedAt'>, string>>;

/** Whether any word is to be said now. */
export function isAnyDebtDue(store: Transactor): Promise<boolean> {
  const { dialect } = store;
  const now = dialect.now();
  return isAnyRow(store, [
    sql`select 1 as one from ${dialect.ledger('reports')} where ${isDue(now)}`,
    sql`select 1 as one from ${dialect.ledger('calls')} where ${isCallDue(now)}`,
  ]);
}

/** What Nova is owed for these (port, chassis), whoever is about to say it. */
export async function readDebts(store: Transactor, keys: readonly ReportKey[]): Promise<readonly Owed[]> {
  const { dialect } = store;
  const owed: Owed[] = [];
  await inChunks(keys, async (chunk) => {
    const { rows } = await query(store, (db) =>
      sql<Owed>`
        select port as ${sql.ref('portId')}, chassis, word, attempts, coalesce(${dialect.now()} - owed_at, 0) as ${sql.ref('ageMs')}
        from ${dialect.ledger('reports')} ${dialect.by('primary')}
        where ${isOwed(dialect)} and ${keysIn(dialect, chunk)}`.execute(db),
    );
    owed.push(...rows);
  });
  return owed;
}

/**
 * Claims debts that are due and that nobody is settling. A claim shuts the whole port: two chassis of one port (a live
 * migration) never have two servers telling Nova about it.
 *
 * Nothing is claimed while an operator has paused the writing.
 */
export async function claimDebts(
  store: Transactor,
  claim: Claim,
  limit: number,
): Promise<readonly ClaimedDebt[]> {
  const { dialect } = store;
  const claimed = transact(store, [readFlags(dialect)], async (db, { now }) => {
    await releaseCalls(db, dialect, now, claim);
    const ports = await lockDue(db, dialect, now, claim, limit);
    if (ports.length === 0) return [];
    const owing = await lockOwing(db, dialect, ports);
    const debts = owing.flatMap((rows) => debtsOf(rows, now, claim));
    await inChunks(debts, (chunk) => writeClaims(db, dialect, chunk, claim));
    return debts;
  });
  return unlessPaused(claimed, []);
}

/** Locks due debts that nobody has claimed, and passes over what others have locked. @returns their ports. */
async function lockDue(
  db: Db,
  dialect: SqlDialect,
  now: number,
  claim: Claim,
  limit: number,
): Promise<readonly string[]> {
  const { rows } = await sql<{ port: string }>`
    select port from ${dialect.ledger('reports')} ${dialect.by(DUE)}
    where ${isDue(sql`${now}`)} and not (${IS_CLAIMED} and ${counts(dialect, claim)})
    order by settle_at limit ${limit} ${dialect.skipLocked}`.execute(db);
  return [...new Set(rows.map(({ port }) => port))].sort();
}

/**
 * To be settled now. Also where the database's clock was set back since the word became owed or was said last: it would
 * wait for as long again. Every such moment is above 0, which has each database look among the owed rows alone.
 */
function isDue(now: Sql): Sql {
  return sql`settle_at > 0 and (settle_at <= ${now} or owed_at > ${now} or told_at > ${now})`;
}

/** The index that has owed rows alone at its end. */
export const DUE = 'port_status_reports_settle_at';

const IS_CLAIMED = sql`claimed_no > told_no`;

/**
 * A claim that counts: in a call that stands, one of ours that is being worked on, or one of another registration that has
 * not lapsed.
 */
function counts(dialect: SqlDialect, { generation, lapsedGenerations, executing }: Claim): Sql {
  return sql`case when claim_generation = ${sql.lit(IN_CALL)} then ${isCallStanding(dialect)}
    else claim_nonce in (${sql.join(['', ...executing])}) or (claim_generation <> ${generation}
      and claim_generation not in (${sql.join(['', ...lapsedGenerations])})) end`;
}

/** That Nova is owed a word for the row in a statement, also one that it is being told. */
export function isOwed(dialect: SqlDialect): Sql {
  return sql`(owed_no > told_no and not (claimed_no = owed_no and ${isHeard(dialect)}))`;
}

/** All rows of these ports, port by port. What Nova has heard meanwhile is written into them first. */
async function lockOwing(
  db: Db,
  dialect: SqlDialect,
  ports: readonly string[],
): Promise<readonly (readonly OwingRow[])[]> {
  const columns = Object.entries(OWING).map(
    ([field, column]) => sql`${sql.ref(column)} as ${sql.ref(field)}`,
  );
  const { rows } = await sql<OwingRow>`
    select ${sql.join(columns)}, case when word = 'plugged' then observed_at end as ${sql.ref('plugObservedAt')}
    from ${dialect.ledger('reports')} ${dialect.by('primary')} where port ${dialect.among(ports)}
    order by port, chassis ${dialect.forUpdate}`.execute(db);
  const heard = await findHeard(db, dialect, rows);
  await carryOutAll(db, dialect, noteHeard(dialect, heard));
  const ofPort = grouped(
    rows,
    ({ portId }) => portId,
    (row) => (heard.has(row) ? { ...row, toldNo: row.claimedNo, toldPlugged: 1 } : row),
  );
  return [...ofPort.values()];
}

/**
 * What is due of one port, unless somebody is telling Nova about it. A claim that does not count was left by somebody who
 * may have said "plugged" before it ended.
 */
function debtsOf(rows: readonly OwingRow[], now: number, claim: Claim): readonly ClaimedDebt[] {
  const claimed = rows.filter(isClaimed);
  if (claimed.some((row) => doesCount(row, claim))) return [];
  return rows.filter((row) => isDueRow(row, now)).map((row) => toDebt(row, claimed.length > 0, now));
}

function doesCount({ claimNonce, claimGeneration }: OwingRow, claim: Claim): boolean {
  const { generation, lapsedGenerations, executing } = claim;
  const isOfAnother = claimGeneration !== generation && !lapsedGenerations.includes(claimGeneration);
  return claimGeneration === IN_CALL || executing.has(claimNonce) || isOfAnother;
}

function isDueRow({ settleAt, owedAt, toldAt }: OwingRow, now: number): boolean {
  return settleAt !== null && settleAt > 0 && (settleAt <= now || owedAt > now || toldAt > now);
}

function toDebt(row: OwingRow, wasClaimed: boolean, now: number): ClaimedDebt {
  return {
    portId: row.portId,
    chassis: row.chassis,
    word: row.word,
    serverId: row.serverId,
    owedNo: row.owedNo,
    untold: row.owedNo - row.toldNo,
    toldPlugged: wasClaimed || row.toldPlugged === 1,
    attempts: row.attempts,
    wasRefused: row.attempts > 0 && row.toldCode !== null,
    ageMs: now - row.owedAt,
    observedAt: row.plugObservedAt ?? undefined,
    isInCall: false,
  };
}

async function writeClaims(
  db: Db,
  dialect: SqlDialect,
  debts: readonly ClaimedDebt[],
  { generation, nonce }: Claimant,
): Promise<void> {
  await sql`update ${dialect.ledger('reports')} ${dialect.by('primary')}
    set claimed_no = owed_no, claim_generation = ${generation}, claim_nonce = ${nonce}
    where ${keysIn(dialect, debts)}`.execute(db);
}

/** The most owed rows that are looked at for who has claimed them: claims that somebody left are among the oldest. */
const MOST_LOOKED_AT = 5000;

/** The registrations in which claims were made that still stand. */
export async function readClaimers(store: Transactor): Promise<readonly string[]> {
  return query(store, async (db) => {
    const { rows } = await sql<{ generation: string }>`
      select distinct claim_generation as generation from (
        select claim_generation, claimed_no, told_no from ${store.dialect.ledger('reports')} ${store.dialect.by(DUE)}
        where settle_at > 0 order by settle_at limit ${MOST_LOOKED_AT}) owed
      where ${IS_CLAIMED} and claim_generation <> ${sql.lit(IN_CALL)}
      union select generation from ${store.dialect.ledger('calls')}`.execute(db);
    return rows.map(({ generation }) => generation);
  });
}

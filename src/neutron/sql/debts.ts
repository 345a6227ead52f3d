import { sql } from 'kysely';
import type { Word } from '../../domain/debt.js';
import { settledLine } from '../../domain/history.js';
import { keyOf } from '../../domain/report.js';
import { grouped } from '../../domain/grouped.js';
import type { ReportKey } from '../../domain/report.js';
import type { AnsweredDebt, Claim, Claimant, ClaimedDebt, EarlyClaimant, Owed } from '../neutron.js';
import type { Db, SqlDialect } from './dialect.js';
import { readFlags, unlessPaused } from './flags.js';
import { inChunks, keysIn } from './keys.js';
import { isAnyRow } from './ledger.js';
import type { LedgerRow } from './ledger.js';
import { change } from './statements.js';
import type { Sql, Statement } from './statement.js';
import { query, transact } from './transaction.js';
import type { Transactor } from './transaction.js';

interface OwingRow {
  readonly port: string;
  readonly chassis: string;
  readonly word: Word;
  readonly server_id: string;
  readonly owed_no: number;
  readonly told_no: number;
  readonly told_plugged: number;
  readonly attempts: number;
  readonly told_code: number | null;
  readonly owed_at: number;
  readonly told_at: number;
  readonly settle_at: number | null;
  readonly claimed_no: number;
  readonly claim_generation: string;
  readonly claim_nonce: string;
  /** Of other words it would be read for nothing. */
  readonly plug_observed_at: number | null;
}

/** Whether any word is to be said now. */
export function isAnyDebtDue(store: Transactor): Promise<boolean> {
  return isAnyRow(store, isDue(store.dialect.now()));
}

/** What Nova is owed for these (port, chassis), whoever is about to say it. */
export async function readDebts(store: Transactor, keys: readonly ReportKey[]): Promise<readonly Owed[]> {
  const { dialect } = store;
  const owed: Owed[] = [];
  await inChunks(keys, async (chunk) => {
    const { rows } = await query(store, (db) =>
      sql<Owed>`
        select port as ${sql.ref('portId')}, chassis, word, attempts, coalesce(${dialect.now()} - owed_at, 0) as ${sql.ref('ageMs')}
        from ${dialect.ledger('reports')} ${dialect.by('primary')} where owed_no > told_no and ${keysIn(dialect, chunk)}`.execute(
        db,
      ),
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
    const ports = await lockDue(db, dialect, now, claim, limit);
    if (ports.length === 0) return [];
    const debts = (await lockOwing(db, dialect, ports)).flatMap((rows) => debtsOf(rows, now, claim));
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
    where ${isDue(sql`${now}`)} and not (${IS_CLAIMED} and ${counts(claim)})
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

/** A claim that counts: one of ours that is being worked on, or one of another registration that has not lapsed. */
function counts({ generation, lapsedGenerations, executing }: Claim): Sql {
  return sql`(claim_nonce in (${sql.join(['', ...executing])}) or (claim_generation <> ${generation}
    and claim_generation not in (${sql.join(['', ...lapsedGenerations])})))`;
}

/** All rows of these ports, port by port. */
async function lockOwing(
  db: Db,
  dialect: SqlDialect,
  ports: readonly string[],
): Promise<readonly (readonly OwingRow[])[]> {
  const { rows } = await sql<OwingRow>`
    select port, chassis, word, server_id, owed_no, told_no, told_plugged, attempts, told_code, owed_at, told_at,
      settle_at, claimed_no, claim_generation, claim_nonce,
      case when word = 'plugged' then observed_at end as plug_observed_at
    from ${dialect.ledger('reports')} ${dialect.by('primary')} where port ${dialect.among(ports)}
    order by port, chassis ${dialect.forUpdate}`.execute(db);
  const ofPort = grouped(
    rows,
    ({ port }) => port,
    (row) => row,
  );
  return [...ofPort.values()];
}

/**
 * What is due of one port, unless somebody is telling Nova about it. A claim that does not count was left by somebody who
 * may have said "plugged" before it ended.
 */
function debtsOf(rows: readonly OwingRow[], now: number, claim: Claim): readonly ClaimedDebt[] {
  const claimed = rows.filter(({ claimed_no, told_no }) => claimed_no > told_no);
  if (claimed.some((row) => doesCount(row, claim))) return [];
  return rows.filter((row) => isDueRow(row, now)).map((row) => toDebt(row, claimed.length > 0, now));
}

function doesCount({ claim_nonce, claim_generation }: OwingRow, claim: Claim): boolean {
  const { generation, lapsedGenerations, executing } = claim;
  const isOfAnother = claim_generation !== generation && !lapsedGenerations.includes(claim_generation);
  return executing.has(claim_nonce) || isOfAnother;
}

function isDueRow({ settle_at, owed_at, told_at }: OwingRow, now: number): boolean {
  return settle_at !== null && settle_at > 0 && (settle_at <= now || owed_at > now || told_at > now);
}

function toDebt(row: OwingRow, wasClaimed: boolean, now: number): ClaimedDebt {
  return {
    portId: row.port,
    chassis: row.chassis,
    word: row.word,
    serverId: row.server_id,
    owedNo: row.owed_no,
    untold: row.owed_no - row.told_no,
    toldPlugged: wasClaimed || Boolean(row.told_plugged),
    attempts: row.attempts,
    wasRefused: row.attempts > 0 && row.told_code !== null,
    ageMs: now - row.owed_at,
    observedAt: row.plug_observed_at ?? undefined,
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
    const { rows } = await sql<{ claim_generation: string }>`
      select distinct claim_generation from (
        select claim_generation, claimed_no, told_no from ${store.dialect.ledger('reports')} ${store.dialect.by(DUE)}
        where settle_at > 0 order by settle_at limit ${MOST_LOOKED_AT}) owed
      where ${IS_CLAIMED}`.execute(db);
    return rows.map(({ claim_generation }) => claim_generation);
  });
}

/**
 * Claims words where they become owed, which spares a transaction that looks for them. Only where nobody can be telling
 * Nova about the port, and only words that Nova waits for: of "unplugged" it is asked first whether it has to be said.
 *
 * @param rows the ledger's rows as they are to be written.
 * @param before all rows of their ports, under lock.
 */
export function claimNew(
  rows: readonly LedgerRow[],
  before: ReadonlyMap<string, LedgerRow>,
  claimant: EarlyClaimant | undefined,
): { readonly left: readonly LedgerRow[]; readonly claimed: readonly ClaimedDebt[] } {
  if (claimant === undefined) return { left: rows, claimed: [] };
  const { generation: claimGeneration, nonce: claimNonce, dueAfterMs } = claimant;
  const shut = new Set([...before.values()].filter(isClaimed).map(({ portId }) => portId));
  const claimed: ClaimedDebt[] = [];
  const left = rows.map((row) => {
    const debt = shut.has(row.portId) ? undefined : newDebt(row, before.get(keyOf(row)));
    if (debt === undefined) return row;
    claimed.push(debt);
    const settleAt = (row.settleAt ?? row.judgedAt) + dueAfterMs;
    return { ...row, claimedNo: row.owedNo, claimGeneration, claimNonce, settleAt };
  });
  return { left, claimed };
}

function isClaimed({ claimedNo, toldNo }: LedgerRow): boolean {
  return claimedNo > toldNo;
}

/** The word that has become owed, where none was owed before. */
function newDebt(
  { portId, chassis, word, serverId, owedNo, toldNo, observedAt }: LedgerRow,
  before: LedgerRow | undefined,
): ClaimedDebt | undefined {
  if (owedNo === toldNo || before?.toldNo !== before?.owedNo) return undefined;
  if (word === undefined || word === 'unplugged' || serverId === undefined) return undefined;
  const unsaid = { toldPlugged: false, attempts: 0, wasRefused: false, ageMs: 0 };
  const seen = word === 'plugged' ? { observedAt } : {};
  return { portId, chassis, word, serverId, owedNo, untold: owedNo - toldNo, ...unsaid, ...seen };
}

/**
 * Records answers under the claims' nonces and ends the claims. A debt that grew meanwhile stays due: only the number
 * that was said is marked as told. A row that owes less is another one: the port was gone meanwhile.
 */
export async function recordAnswers(
  store: Transactor,
  nonces: readonly string[],
  answered: readonly AnsweredDebt[],
): Promise<void> {
  if (answered.length === 0) return;
  const { dialect } = store;
  const areOfOnePort = new Set(answered.map(({ debt }) => debt.portId)).size < answered.length;
  const records = alike(answered).map((group) => {
    const debts = group.map(({ debt }) => debt);
    const ofPorts = sql`port ${dialect.among(debts.map(({ portId }) => portId))}`;
    // The nonces tell rows of one port apart, unless two of them were claimed together; they are cheaper to compare.
    const those = areOfOnePort ? keysIn(dialect, debts) : ofPorts;
    return recordGroup(dialect, sql`claim_nonce ${dialect.among(nonces)} and ${those}`, group[0]);
  });
  await transact(store, records, async () => undefined);
}

/** Debts that take the same update: in a storm nearly all. */
function alike(answered: readonly AnsweredDebt[]): readonly (readonly [AnsweredDebt, ...AnsweredDebt[]])[] {
  const groups = new Map<string, [AnsweredDebt, ...AnsweredDebt[]]>();
  for (const one of answered) {
    const { debt, attempts, settlement, answer } = one;
    const { owedNo, word, toldPlugged } = debt;
    const key = JSON.stringify([owedNo, word, attempts, toldPlugged, settlement, answer]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

function recordGroup(
  dialect: SqlDialect,
  isMeant: Sql,
  { debt, attempts, settlement, answer }: AnsweredDebt,
): Statement<void> {
  const isDone = settlement.kind !== 'again';
  const now = dialect.now();
  const again = settlement.kind === 'again' ? sql`${now} + ${settlement.afterMs}` : null;
  const result = settlement.kind === 'dropped' ? settlement.why : settlement.kind;
  const code = answer?.kind === 'rejected' ? answer.code : undefined;
  const before = sql`coalesce(history, '')`;
  const history = isDone ? dialect.concat([before, now, settledLine(debt.word, result, code)]) : sql`history`;
  const mayHaveHeard = debt.toldPlugged || (debt.word !== 'unplugged' && answer?.kind !== 'rejected');
  return change(sql`
    update ${dialect.ledger('reports')} ${dialect.by('primary')} set
      settle_at = case when owed_no > ${debt.owedNo} then settle_at else ${again} end,
      attempts = case when owed_no > ${debt.owedNo} then attempts else ${attempts} end,
      told_no = ${isDone ? debt.owedNo : sql.ref('told_no')},
      claimed_no = ${isDone ? debt.owedNo : 0},
      told_plugged = ${mayHaveHeard ? 1 : sql.ref('told_plugged')},
      told_word = ${debt.word}, told_result = ${result}, told_code = ${code ?? null},
      told_detail = ${answer?.kind === 'unreachable' ? answer.detail.slice(0, DETAIL) : null},
      told_at = ${now}, history = ${history}
    where owed_no >= ${debt.owedNo} and ${isMeant}`);
}

const DETAIL = 255;

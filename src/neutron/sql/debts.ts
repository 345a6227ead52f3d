import { sql } from 'kysely';
import type { Word } from '../../domain/debt.js';
import type { ReportKey } from '../../domain/report.js';
import type { AnsweredDebt, Claim, ClaimedDebt, Owed } from '../neutron.js';
import type { Db, SqlDialect } from './dialect.js';
import { readFlags } from './flags.js';
import { inChunks, keysIn } from './keys.js';
import type { Sql } from './keys.js';
import { isAnyRow } from './ledger.js';
import { query, transact } from './transaction.js';
import type { Transactor } from './transaction.js';

interface DueRow {
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
        from ${dialect.ledger('reports')} where owed_no > told_no and ${keysIn(dialect, chunk)}`.execute(db),
    );
    owed.push(...rows);
  });
  return owed;
}

/**
 * Claims debts that are due and that nobody is settling. A claim is on a port: two chassis of one port (a live
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
  return transact(store, async (db) => {
    const { isPaused, now } = await readFlags(db, dialect);
    if (isPaused) return [];
    const due = await readDue(db, dialect, now, claim, limit);
    const ports = [...new Set(due.map(({ port }) => port))].sort();
    if (ports.length === 0) return [];
    await deleteVoid(db, dialect, ports, claim);
    const mine = await insertClaims(db, dialect, ports, claim, now);
    return due.filter(({ port }) => mine.has(port)).map((row) => toDebt(row, now));
  });
}

/**
 * Due debts of ports on which nobody has a claim that counts. A claim that does not count was left by somebody who may
 * have said "plugged" before it ended.
 */
async function readDue(
  db: Db,
  dialect: SqlDialect,
  now: number,
  claim: Claim,
  limit: number,
): Promise<readonly DueRow[]> {
  const { rows } = await sql<DueRow>`
    select port, chassis, word, server_id, owed_no, told_no, attempts, told_code, owed_at,
      case when told_plugged = 1 or exists (
        select 1 from ${dialect.ledger('claims')} c where c.port = r.port) then 1 else 0 end as told_plugged
    from ${dialect.ledger('reports')} r
    where ${isDue(sql`${now}`)} and not exists (
      select 1 from ${dialect.ledger('claims')} c where c.port = r.port and ${counts(claim)})
    order by settle_at limit ${limit} ${dialect.skipLocked}`.execute(db);
  return rows;
}

/**
 * To be settled now. Also where the database's clock was set back since the word became owed or was said last: it would
 * wait for as long again. Every such moment is above 0, which has each database look among the owed rows alone.
 */
function isDue(now: Sql): Sql {
  return sql`settle_at > 0 and (settle_at <= ${now} or owed_at > ${now} or told_at > ${now})`;
}

/** The registrations in which claims were made that still stand. */
export async function readClaimers(store: Transactor): Promise<readonly string[]> {
  return query(store, async (db) => {
    const { rows } = await sql<{ generation: string }>`
      select distinct generation from ${store.dialect.ledger('claims')}`.execute(db);
    return rows.map(({ generation }) => generation);
  });
}

/** A claim that counts: one of ours that is being worked on, or one of another whose registration has not lapsed. */
function counts({ server, lapsedGenerations, executing }: Claim): Sql {
  return sql`((server = ${server} and nonce in (${sql.join(['', ...executing])}))
    or (server <> ${server} and generation not in (${sql.join(['', ...lapsedGenerations])})))`;
}

/** Asks again whether they are void: another server may have claimed a port since we looked. */
async function deleteVoid(
  db: Db,
  dialect: SqlDialect,
  ports: readonly string[],
  claim: Claim,
): Promise<void> {
  await sql`delete from ${dialect.ledger('claims')}
    where port in (${sql.join(ports)}) and not ${counts(claim)}`.execute(db);
}

/** Inserts what nobody has claimed; returns the ports that are ours now. */
async function insertClaims(
  db: Db,
  dialect: SqlDialect,
  ports: readonly string[],
  { server, generation, nonce }: Claim,
  now: number,
): Promise<ReadonlySet<string>> {
  const rows = ports.map((port) => sql`(${port}, ${server}, ${generation}, ${nonce}, ${now})`);
  const table = dialect.ledger('claims');
  await dialect.insertIgnore(table, 'port, server, generation, nonce, claimed_at', rows).execute(db);
  return new Set(await portsOfClaim(db, dialect, nonce));
}

async function portsOfClaim(db: Db, dialect: SqlDialect, nonce: string): Promise<readonly string[]> {
  const { rows } = await sql<{ port: string }>`
    select port from ${dialect.ledger('claims')} where nonce = ${nonce} ${dialect.forUpdate}`.execute(db);
  return rows.map(({ port }) => port);
}

function toDebt(row: DueRow, now: number): ClaimedDebt {
  return {
    portId: row.port,
    chassis: row.chassis,
    word: row.word,
    serverId: row.server_id,
    owedNo: row.owed_no,
    untold: row.owed_no - row.told_no,
    toldPlugged: Boolean(row.told_plugged),
    attempts: row.attempts,
    wasRefused: row.attempts > 0 && row.told_code !== null,
    ageMs: now - row.owed_at,
  };
}

/**
 * Records answers under the claim's nonce and ends the claim. A debt that grew meanwhile stays due: only the number
 * that was said is marked as told. A row that owes less is another one: the port was gone meanwhile.
 */
export async function recordAnswers(
  store: Transactor,
  nonce: string,
  answered: readonly AnsweredDebt[],
): Promise<void> {
  const { dialect } = store;
  await transact(store, async (db) => {
    const { now } = await readFlags(db, dialect);
    const ports = new Set(await portsOfClaim(db, dialect, nonce));
    const ours = answered.filter(({ debt }) => ports.has(debt.portId));
    for (const group of alike(ours)) await recordGroup(db, dialect, group, now);
    await sql`delete from ${dialect.ledger('claims')} where nonce = ${nonce}`.execute(db);
  });
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

async function recordGroup(
  db: Db,
  dialect: SqlDialect,
  group: readonly [AnsweredDebt, ...AnsweredDebt[]],
  now: number,
): Promise<void> {
  const { debt, attempts, settlement, answer } = group[0];
  const isDone = settlement.kind !== 'again';
  const again = settlement.kind === 'again' ? now + settlement.afterMs : null;
  const mayHaveHeard = debt.toldPlugged || (debt.word !== 'unplugged' && answer?.kind !== 'rejected');
  await sql`
    update ${dialect.ledger('reports')} set
      settle_at = case when owed_no > ${debt.owedNo} then settle_at else ${again} end,
      attempts = case when owed_no > ${debt.owedNo} then attempts else ${attempts} end,
      told_no = ${isDone ? debt.owedNo : sql.ref('told_no')},
      told_plugged = ${mayHaveHeard ? 1 : sql.ref('told_plugged')},
      told_word = ${debt.word}, told_result = ${settlement.kind === 'dropped' ? settlement.why : settlement.kind},
      told_code = ${answer?.kind === 'rejected' ? answer.code : null},
      told_detail = ${answer?.kind === 'unreachable' ? answer.detail.slice(0, DETAIL) : null},
      told_at = ${now}
    where owed_no >= ${debt.owedNo} and ${keysIn(
      dialect,
      group.map(({ debt }) => debt),
    )}`.execute(db);
}

const DETAIL = 255;

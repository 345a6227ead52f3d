import { sql } from 'kysely';
import { settledLine } from '../../domain/history.js';
import type { Claim, EarlyClaimant } from '../neutron.js';
import type { Db, SqlDialect } from './dialect.js';
import { HEARD } from './ledger.js';
import type { LedgerRow } from './ledger.js';
import { change } from './statements.js';
import type { Sql, Statement } from './statement.js';

/**
 * Words that became owed in one transaction and were claimed in it are one row in the table `calls`, which stands for as
 * long as Nova has not answered. The rows of the ledger that bear its nonce are not written again when it is gone: then
 * Nova has heard their words, each a "plugged". So a thousand words that are told at once cost two rows more, not a
 * thousand updates.
 *
 * Whoever reads what a row of the ledger owes reads after it, not before, which of the calls stand.
 */
export interface Call extends EarlyClaimant {
  readonly portIds: readonly string[];
}

/** What a row of the ledger says of the word that was claimed last. */
export interface ClaimedNo {
  readonly toldNo: number;
  readonly claimedNo: number;
  readonly claimGeneration: string;
  readonly claimNonce: string;
}

/** The generation in rows whose words are in a call: the call has it. */
export const IN_CALL = '';

/** The same of a row in a statement. */
const IS_IN_CALL = sql`claimed_no > told_no and claim_generation = ${sql.lit(IN_CALL)}`;

/** That the call of the row in a statement stands. Not to be relied on where the statement waits for locks. */
export function isCallStanding(dialect: SqlDialect): Sql {
  return sql`exists (select 1 from ${dialect.ledger('calls')} c where c.nonce = claim_nonce)`;
}

/** That Nova has heard the word that was claimed last, though the row in a statement was not written since. */
export function isHeard(dialect: SqlDialect): Sql {
  return sql`(${IS_IN_CALL} and not ${isCallStanding(dialect)})`;
}

/** Whether somebody may be saying the word that was claimed last. */
export function isClaimed({ claimedNo, toldNo }: Pick<ClaimedNo, 'claimedNo' | 'toldNo'>): boolean {
  return claimedNo > toldNo;
}

function isInCall(row: ClaimedNo): boolean {
  return isClaimed(row) && row.claimGeneration === IN_CALL;
}

/** Those of these rows, read before, whose words Nova has heard, though they were not written since. */
export async function findHeard<Row extends ClaimedNo>(
  db: Db,
  dialect: SqlDialect,
  rows: Iterable<Row>,
): Promise<ReadonlySet<Row>> {
  const inCall = [...rows].filter(isInCall);
  if (inCall.length === 0) return new Set();
  const nonces = [...new Set(inCall.map(({ claimNonce }) => claimNonce))];
  const { rows: found } = await sql<{ nonce: string }>`
    select nonce from ${dialect.ledger('calls')} where nonce ${dialect.among(nonces)}`.execute(db);
  const standing = new Set(found.map(({ nonce }) => nonce));
  return new Set(inCall.filter(({ claimNonce }) => !standing.has(claimNonce)));
}

/** The ledger's rows, read before, as they are with what Nova has heard. */
export async function withHeard(
  db: Db,
  dialect: SqlDialect,
  ledger: ReadonlyMap<string, LedgerRow>,
): Promise<ReadonlyMap<string, LedgerRow>> {
  const heard = await findHeard(db, dialect, ledger.values());
  if (heard.size === 0) return ledger;
  return new Map([...ledger].map(([key, row]) => [key, heard.has(row) ? asHeard(row) : row]));
}

function asHeard(row: LedgerRow): LedgerRow {
  const { judgedAt: heardAt, claimedNo: toldNo } = row;
  const history = row.history === undefined ? undefined : `${row.history}${heardLine(heardAt)}`;
  return { ...row, toldNo, heardAt, history };
}

export function beginCall(
  dialect: SqlDialect,
  { nonce, generation, portIds, dueAfterMs }: Call,
): Statement<void> {
  const now = dialect.now();
  return change(sql`
    insert into ${dialect.ledger('calls')} (nonce, generation, made_at, due_at, words, ports)
    values (${nonce}, ${generation}, ${now}, ${now} + ${dueAfterMs}, ${portIds.length}, ${JSON.stringify(portIds)})`);
}

/** Nova has answered; what it did not hear has been, or is, written into the ledger's rows in the same transaction. */
export function endCalls(dialect: SqlDialect, nonces: readonly string[]): Statement<void> {
  return change(sql`delete from ${dialect.ledger('calls')} where nonce ${dialect.among(nonces)}`);
}

/** Writes into rows, which are locked and are to be written, that Nova has heard: as of when the word was claimed. */
export function noteHeard(
  dialect: SqlDialect,
  heard: Iterable<ClaimedNo & { readonly portId: string }>,
): readonly Statement<void>[] {
  const rows = [...heard];
  if (rows.length === 0) return [];
  const portIds = [...new Set(rows.map(({ portId }) => portId))];
  const nonces = [...new Set(rows.map(({ claimNonce }) => claimNonce))];
  return [
    change(sql`
      update ${dialect.ledger('reports')} ${dialect.by('primary')} set
        told_plugged = 1, told_word = ${HEARD.word}, told_result = ${HEARD.result}, told_code = null,
        told_detail = null, told_at = judged_at,
        history = ${dialect.concat([sql`coalesce(history, '')`, sql`judged_at`, HEARD_TAIL])},
        told_no = claimed_no
      where port ${dialect.among(portIds)} and claim_nonce ${dialect.among(nonces)} and ${IS_IN_CALL}`),
  ];
}

/** The line of a history that says so. */
export function heardLine(judgedAt: number): string {
  return `${judgedAt}${HEARD_TAIL}`;
}

/** What follows the time in it. */
const HEARD_TAIL = settledLine(HEARD.word, HEARD.result, undefined);

/** Calls, and their words, that are released at once: more than one claim takes, so that whoever claims comes again. */
const MOST_CALLS = 1000;
const MOST_WORDS = 2000;

/** That a call should have ended. Also where the database's clock was set back since it was made. */
export function isCallDue(now: Sql): Sql {
  return sql`(due_at <= ${now} or made_at > ${now})`;
}

/**
 * Calls that were left by somebody who is gone become claims like others, that do not count any more; their words are due
 * since they became owed: a clock that is set back tells by that time, too, that they are.
 */
export async function releaseCalls(
  db: Db,
  dialect: SqlDialect,
  now: number,
  { generation, lapsedGenerations, executing }: Claim,
): Promise<void> {
  const calls = dialect.ledger('calls');
  const isLeft = sql`(generation in (${sql.join([NOBODY, ...lapsedGenerations])})
    or (generation = ${generation} and nonce not in (${sql.join([NOBODY, ...executing])})))`;
  const { rows } = await sql<LeftCall>`
    select nonce, words, ports from ${calls} where ${isCallDue(sql`${now}`)} and ${isLeft}
    order by made_at limit ${MOST_CALLS} ${dialect.skipLocked}`.execute(db);
  if (rows.length === 0) return;
  const left = upTo(MOST_WORDS, rows);
  const nonces = left.map(({ nonce }) => nonce);
  const portIds = [...new Set(left.flatMap(({ ports }) => JSON.parse(ports) as readonly string[]))];
  await sql`update ${dialect.ledger('reports')} ${dialect.by('primary')}
    set claim_generation = (select generation from ${calls} c where c.nonce = claim_nonce),
      settle_at = coalesce(settle_at, owed_at)
    where port ${dialect.among(portIds)} and claim_nonce ${dialect.among(nonces)} and ${IS_IN_CALL}`.execute(
    db,
  );
  await sql`delete from ${calls} where nonce ${dialect.among(nonces)}`.execute(db);
}

interface LeftCall {
  readonly nonce: string;
  readonly words: number;
  readonly ports: string;
}

/** The first of them, one at least, as long as they have no more words. */
function upTo(words: number, calls: readonly LeftCall[]): readonly LeftCall[] {
  let sum = 0;
  const beyond = calls.findIndex((call, index) => (sum += call.words) > words && index > 0);
  return beyond < 0 ? calls : calls.slice(0, beyond);
}

/** A list must not be empty. */
const NOBODY = '';

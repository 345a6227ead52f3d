import { sql } from 'kysely';
import { settledLine } from '../../domain/history.js';
import type { AnsweredDebt } from '../neutron.js';
import { endCalls } from './calls.js';
import type { SqlDialect } from './dialect.js';
import { keysIn } from './keys.js';
import { change } from './statements.js';
import type { Sql, Statement } from './statement.js';
import { transact } from './transaction.js';
import type { Transactor } from './transaction.js';

/** A word in a call that Nova has heard within so long was told when it was claimed: its row need not say more exactly. */
const SOON_MS = 1000;

/**
 * Records answers under the claims' nonces and ends the claims. A debt that grew meanwhile stays due: only the number
 * that was said is marked as told. A row that owes less is another one: the port was gone meanwhile.
 *
 * Rows whose words are in a call and were heard soon are not written: that the call has ended says it.
 */
export async function recordAnswers(
  store: Transactor,
  nonces: readonly string[],
  answered: readonly AnsweredDebt[],
): Promise<void> {
  if (answered.length === 0) return;
  const { dialect } = store;
  const isToBeWritten = ({ debt, settlement, afterMs }: AnsweredDebt): boolean =>
    !debt.isInCall || settlement.kind !== 'told' || afterMs > SOON_MS;
  const written = answered.filter(isToBeWritten);
  const areOfOnePort = new Set(answered.map(({ debt }) => debt.portId)).size < answered.length;
  const records = alike(written).map((group) => {
    const debts = group.map(({ debt }) => debt);
    const ofPorts = sql`port ${dialect.among(debts.map(({ portId }) => portId))}`;
    // The nonces tell rows of one port apart, unless two of them were claimed together; they are cheaper to compare.
    const those = areOfOnePort ? keysIn(dialect, debts) : ofPorts;
    return recordGroup(dialect, sql`claim_nonce ${dialect.among(nonces)} and ${those}`, group[0]);
  });
  const ends = answered.some(({ debt }) => debt.isInCall) ? [endCalls(dialect, nonces)] : [];
  await transact(store, [...records, ...ends], async () => undefined);
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

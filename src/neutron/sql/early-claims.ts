import { keyOf } from '../../domain/report.js';
import type { ClaimedDebt, EarlyClaimant } from '../neutron.js';
import { IN_CALL, isClaimed } from './calls.js';
import type { Call } from './calls.js';
import { HEARD } from './ledger.js';
import type { LedgerRow } from './ledger.js';

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
): { readonly left: readonly LedgerRow[]; readonly claimed: readonly ClaimedDebt[]; readonly call?: Call } {
  if (claimant === undefined) return { left: rows, claimed: [] };
  const shut = new Set([...before.values()].filter(isClaimed).map(({ portId }) => portId));
  const debts = rows.map((row) => (shut.has(row.portId) ? undefined : newDebt(row, before.get(keyOf(row)))));
  const plugged = debts.flatMap((debt) => (debt?.word === HEARD.word ? debt.portId : []));
  const isCall = plugged.length >= claimant.leastOfCall;
  const claimed: ClaimedDebt[] = [];
  const left = rows.map((row, index) => {
    const debt = debts[index];
    if (debt === undefined) return row;
    const isInCall = isCall && debt.word === HEARD.word;
    claimed.push({ ...debt, isInCall });
    return claimRow(row, claimant, isInCall);
  });
  return isCall ? { left, claimed, call: { ...claimant, portIds: plugged } } : { left, claimed };
}

/** What is in a call is not due: the call is. */
function claimRow(
  row: LedgerRow,
  { generation, nonce: claimNonce, dueAfterMs }: EarlyClaimant,
  isInCall: boolean,
): LedgerRow {
  const claimGeneration = isInCall ? IN_CALL : generation;
  const settleAt = isInCall ? undefined : (row.settleAt ?? row.judgedAt) + dueAfterMs;
  return { ...row, claimedNo: row.owedNo, claimGeneration, claimNonce, settleAt };
}

/** The word that has become owed, where none was owed before. */
function newDebt(
  { portId, chassis, word, serverId, owedNo, toldNo, observedAt }: LedgerRow,
  before: LedgerRow | undefined,
): Omit<ClaimedDebt, 'isInCall'> | undefined {
  if (owedNo === toldNo || before?.toldNo !== before?.owedNo) return undefined;
  if (word === undefined || word === 'unplugged' || serverId === undefined) return undefined;
  const unsaid = { toldPlugged: false, attempts: 0, wasRefused: false, ageMs: 0 };
  const seen = word === 'plugged' ? { observedAt } : {};
  return { portId, chassis, word, serverId, owedNo, untold: owedNo - toldNo, ...unsaid, ...seen };
}

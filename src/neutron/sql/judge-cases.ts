import { NO_DEBT, owe } from '../../domain/debt.js';
import { changesNeutron, judge } from '../../domain/judge.js';
import type { Effects, Judgement } from '../../domain/judge.js';
import { noteJudgement } from '../../domain/history.js';
import { isWaiting, lookAfterMs } from '../../domain/look.js';
import { L2_BLOCK } from '../../domain/neutron-port.js';
import type { NeutronPort } from '../../domain/neutron-port.js';
import { keyOf } from '../../domain/report.js';
import { isNewer } from '../../domain/revision.js';
import type { Moment } from '../../domain/revision.js';
import type { Case, Judging, Outcome } from '../neutron.js';
import type { LedgerRow } from './ledger.js';

/** All that a batch is judged by, read under the same locks. */
export interface Known {
  /** Milliseconds since 1970 by the database's clock. */
  readonly now: number;
  readonly ports: ReadonlyMap<string, NeutronPort>;
  readonly ledger: ReadonlyMap<string, LedgerRow>;
  /** The ledger's numbers of incarnations. */
  readonly epochs: ReadonlyMap<string, number>;
}

/** What is to be written for one case. */
export interface Decision {
  readonly outcome: Outcome;
  /** What Neutron's rows have to take: nothing in observe mode. */
  readonly effects: Effects;
  readonly port?: NeutronPort | undefined;
  /** The ledger's row afterwards; absent where it stays as it is. */
  readonly row?: LedgerRow | undefined;
  /** Whether the ledger's row is to be removed: a port that is gone and DOWN. */
  readonly forget: boolean;
}

const NOTHING: Effects = { deleteL2: false, insertL2: false };

/** An incarnation that the ledger never saw is older than all it saw. */
const UNKNOWN_EPOCH = 0;

/** Judges a batch in its order; what one case changes of a port is what the next one sees. Pure. */
export function decideAll(cases: readonly Case[], known: Known, judging: Judging): readonly Decision[] {
  const ports = new Map(known.ports);
  const present = { ...known, ports };
  return cases.flatMap((one) => {
    const decision = decide(one, present, judging);
    if (decision?.port !== undefined) ports.set(one.portId, after(decision.port, decision.effects));
    return decision === undefined ? [] : [decision];
  });
}

/** Whether a report that arrives is not newer than the ledger's. */
export function isOld(
  { arrival, ...key }: Case,
  { ledger, epochs }: { readonly ledger: ReadonlyMap<string, Moment>; readonly epochs: Known['epochs'] },
): boolean {
  const stored = ledger.get(keyOf(key));
  return arrival !== undefined && stored !== undefined && !isNewer(momentOf(arrival, epochs), stored);
}

/** Judges one case by itself. Undefined where there is nothing to judge: a look at a row that is gone. */
export function decide(one: Case, known: Known, judging: Judging): Decision | undefined {
  const stored = known.ledger.get(keyOf(one));
  const said = one.arrival === undefined ? stored : arrived(one.arrival, known.epochs, stored);
  if (said === undefined) return undefined;
  const port = known.ports.get(one.portId);
  const judgement = judge(said, port, judging.policy, one.arrival === undefined ? undefined : stored);
  if (isOld(one, known)) return old(one, judgement);
  const mayWrite = judging.mayWrite(one.chassis);
  const effects = mayWrite ? judgement.effects : NOTHING;
  const row = record(said, port, judgement, effects, known.now, judging, mayWrite);
  return {
    outcome: {
      portId: one.portId,
      chassis: one.chassis,
      verdict: judgement.verdict,
      reason: judgement.reason,
      wrote: effects.write,
      effects: describe(effects),
      isWaiting: isWaiting(judgement),
      owes: row.owedNo > said.owedNo,
    },
    effects,
    port,
    row,
    forget: port === undefined && said.status === 'DOWN',
  };
}

/**
 * The ledger's row with what the report says; debts and what was done before stay. This is done for every report: fields
 * laid over one copied row take a fifth of the time of two rows that are joined.
 */
function arrived(
  { report, incarnation }: NonNullable<Case['arrival']>,
  epochs: ReadonlyMap<string, number>,
  stored: LedgerRow = EMPTY,
): LedgerRow {
  const { epoch, revision } = momentOf({ report, incarnation }, epochs);
  return {
    ...stored,
    portId: report.portId,
    chassis: report.chassis,
    epoch,
    revision,
    status: report.status,
    attachment: report.attachment,
    instance: report.instance,
    observedAt: Math.floor(report.observedAt),
    seen: report.seen === undefined ? undefined : JSON.stringify(report.seen),
  };
}

function momentOf(
  { report, incarnation }: NonNullable<Case['arrival']>,
  epochs: ReadonlyMap<string, number>,
): Moment {
  return { epoch: epochs.get(incarnation) ?? UNKNOWN_EPOCH, revision: report.revision };
}

/** What a report finds that is the first of its port and chassis: every field, so that a copy never grows. */
const EMPTY: LedgerRow = {
  portId: '',
  chassis: '',
  epoch: 0,
  revision: 0,
  status: 'DOWN',
  attachment: '',
  instance: undefined,
  observedAt: 0,
  seen: undefined,
  verdict: 'absent',
  reason: 'no-such-port',
  mode: 'observe',
  effects: '',
  blocks: '',
  neutronStatus: undefined,
  server: '',
  judgedAt: 0,
  appliedAt: undefined,
  hasOurBlock: false,
  lookAt: undefined,
  serverId: undefined,
  owedNo: NO_DEBT.owedNo,
  toldNo: NO_DEBT.toldNo,
  word: NO_DEBT.word,
  owedAttachment: NO_DEBT.owedAttachment,
  owedAt: undefined,
  attempts: 0,
  settleAt: undefined,
  claimedNo: 0,
  claimGeneration: '',
  claimNonce: '',
  heardAt: undefined,
  history: '',
};

function record(
  said: LedgerRow,
  port: NeutronPort | undefined,
  judgement: Judgement,
  effects: Effects,
  now: number,
  judging: Judging,
  mayWrite: boolean,
): LedgerRow {
  const isChange = changesNeutron(effects);
  const end = port === undefined ? undefined : after(port, effects);
  const lookMs = lookAfterMs(judgement, said, port, judging.lookEveryMs);
  const debt = debtAfter(said, port, { ...judgement, effects }, now, mayWrite);
  return {
    ...said,
    verdict: judgement.verdict,
    reason: judgement.reason,
    mode: mayWrite ? 'write' : 'observe',
    effects: isChange || !mayWrite ? describe(judgement.effects) : said.effects,
    blocks: end?.blocks.join(',') ?? '',
    neutronStatus: end?.status,
    server: judging.server,
    judgedAt: now,
    appliedAt: isChange ? now : said.appliedAt,
    hasOurBlock: effects.insertL2 || (said.hasOurBlock && end?.blocks.includes(L2_BLOCK) === true),
    lookAt: lookMs === undefined ? undefined : now + lookMs,
    serverId: debt.serverId,
    owedNo: debt.owedNo,
    toldNo: debt.toldNo,
    word: debt.word,
    owedAttachment: debt.owedAttachment,
    owedAt: debt.owedAt,
    attempts: debt.attempts,
    settleAt: debt.settleAt,
    history: historyAfter(said, judgement, debt, now, judging.server, mayWrite),
  };
}

/** Nothing where it was not read: that row is not written. */
function historyAfter(
  { history, status, attachment, owedNo }: LedgerRow,
  judgement: Judgement,
  debt: RowDebt,
  atMs: number,
  server: string,
  mayWrite: boolean,
): string | undefined {
  if (history === undefined) return undefined;
  const { verdict, reason, effects } = judgement;
  const mode = mayWrite ? 'write' : 'observe';
  const word = debt.owedNo > owedNo ? debt.word : undefined;
  return noteJudgement(history, {
    atMs,
    status,
    attachment,
    verdict,
    reason,
    mode,
    effects,
    word,
    server,
  });
}

/** The fields of the ledger's row that are about Nova. */
type RowDebt = Pick<
  LedgerRow,
  'serverId' | 'owedNo' | 'toldNo' | 'word' | 'owedAttachment' | 'owedAt' | 'attempts' | 'settleAt'
>;

/**
 * What Nova is owed afterwards. Where we may not write nothing is owed, but the plugging counts as told: in observe mode
 * Neutron tells Nova itself, and turning to write mode must not repeat it all.
 */
function debtAfter(
  said: LedgerRow,
  port: NeutronPort | undefined,
  judgement: Judgement,
  now: number,
  mayWrite: boolean,
): RowDebt {
  const debt = owe(said, said, port, judgement);
  if (debt.owedNo === said.owedNo) return said;
  const { owedNo, toldNo, word, owedAttachment } = debt;
  if (!mayWrite) return { ...said, owedAttachment };
  const serverId = port?.deviceId;
  return { owedNo, toldNo, word, owedAttachment, owedAt: now, settleAt: now, attempts: 0, serverId };
}

/** A report that is not newer leaves the ledger's row as it is, also where the port is absent. */
function old(one: Case, { verdict, reason }: Judgement): Decision {
  const outcome = {
    portId: one.portId,
    chassis: one.chassis,
    verdict,
    reason,
    effects: '',
    isWaiting: false,
    owes: false,
  };
  return { outcome, effects: NOTHING, forget: false };
}

/** The port as it is when the effects are carried out. */
function after(port: NeutronPort, { deleteL2, insertL2, write }: Effects): NeutronPort {
  const others = port.blocks.filter((entity) => entity !== L2_BLOCK || !deleteL2);
  return {
    ...port,
    status: write ?? port.status,
    revisionNumber: write === undefined ? port.revisionNumber : port.revisionNumber + 1,
    blocks: insertL2 ? [...others, L2_BLOCK] : others,
  };
}

/** Effects in the ledger's words. */
export function describe({ deleteL2, insertL2, write }: Effects): string {
  return [deleteL2 ? 'DELETE-L2' : '', insertL2 ? 'INSERT-L2' : '', write ?? '']
    .filter((word) => word !== '')
    .join(' ');
}

/** Whether carrying a decision out would change anything but the times in the ledger. */
export function isNews({ effects, row, forget }: Decision, stored: LedgerRow | undefined): boolean {
  if (row === undefined) return false;
  if (stored === undefined) return !forget;
  return (
    forget ||
    changesNeutron(effects) ||
    isNewer(row, stored) ||
    row.owedNo !== stored.owedNo ||
    row.owedAttachment !== stored.owedAttachment ||
    row.verdict !== stored.verdict ||
    // "written" and "agrees" are one state, before and after
    (row.verdict !== 'applied' && row.reason !== stored.reason) ||
    row.mode !== stored.mode ||
    row.neutronStatus !== stored.neutronStatus
  );
}

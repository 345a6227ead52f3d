import type { Judgement } from './judge.js';
import { isComputePort } from './neutron-port.js';
import type { NeutronPort, NeutronStatus } from './neutron-port.js';
import { isUuid } from './report.js';
import type { Report } from './report.js';

/** What Nova may have to hear about a port. */
export type Word = 'plugged' | 'failed' | 'unplugged';

/**
 * The word that a change of status owes Nova; none for all but 5 of the 25 pairs.
 *
 * Source: N:notifiers/nova.py, `record_port_status_changed`.
 */
export function wordOfTransition(from: NeutronStatus, to: NeutronStatus): Word | undefined {
  if (from === 'ACTIVE' && to === 'DOWN') return 'unplugged';
  if (from !== 'DOWN' && from !== 'BUILD') return undefined;
  if (to === 'ACTIVE') return 'plugged';
  return to === 'ERROR' ? 'failed' : undefined;
}

/** Nova hears of its own ports only: owner `compute:*` and a server's UUID as device. */
export function concernsNova(port: Pick<NeutronPort, 'deviceOwner' | 'deviceId'>): boolean {
  return isComputePort(port) && isUuid(port.deviceId);
}

/** What the ledger holds of the debts to Nova of one (port, chassis). */
export interface Debt {
  /** Number of the newest word owed; grows by 1 with each. */
  readonly owedNo: number;
  /** Number of the newest word told, or given up. Nothing is owed when it equals `owedNo`. */
  readonly toldNo: number;
  /** The newest word owed. */
  readonly word?: Word | undefined;
  /** The plugging that Nova was last owed a "plugged" for: a resync that repeats it owes nothing. */
  readonly owedAttachment?: string | undefined;
}

export const NO_DEBT: Debt = { owedNo: 0, toldNo: 0 };

/**
 * The debt after a judgement was carried out.
 *
 * Plugged is owed once per (port, chassis, attachment), as soon as the port is ACTIVE there, whoever wrote it, or its
 * chassis is the target of a live migration; besides, every transition with a word owes it, and an untold word that the
 * newest state contradicts is replaced. "Unplugged" is not to be said where Nova can not have heard "plugged": the telling
 * decides that, because a word may be on its way now.
 */
export function owe(
  debt: Debt,
  report: Pick<Report, 'status' | 'attachment'>,
  port: NeutronPort | undefined,
  judgement: Judgement,
): Debt {
  if (port === undefined || !concernsNova(port)) return debt;
  const status = judgement.effects.write ?? port.status;
  const word = wordOfTransition(port.status, status) ?? wordOfState(debt, report, judgement, status);
  return word === undefined ? debt : oweWord(debt, word, report.attachment);
}

/**
 * The word owed without a transition: for a plugging that Nova was owed none for yet, or in place of an untold word that
 * is no longer true (a server must not fail its boot for an ERROR that has passed).
 *
 * @param status the port's status after the judgement was carried out.
 */
function wordOfState(
  debt: Debt,
  report: Pick<Report, 'status' | 'attachment'>,
  judgement: Judgement,
  status: NeutronStatus,
): Word | undefined {
  if (isPlugged(report, judgement, status)) {
    return debt.owedAttachment === report.attachment ? undefined : 'plugged';
  }
  const isTold = debt.owedNo === debt.toldNo;
  const word = wordOfAbsence(report, judgement);
  return isTold || word === debt.word ? undefined : word;
}

/** Whether Nova may be told that the port is plugged on the report's chassis. */
function isPlugged(report: Pick<Report, 'status'>, judgement: Judgement, status: NeutronStatus): boolean {
  if (report.status !== 'ACTIVE') return false;
  switch (judgement.verdict) {
    case 'foreign':
      return true;
    case 'applied':
    case 'blocked':
      return status === 'ACTIVE';
    case 'absent':
    case 'stale':
    case 'early':
    case 'delegated':
    case 'unbindable':
    case 'misplaced':
    case 'admin-down':
      return false;
  }
}

/** What the state of a port that is not plugged on the report's chassis says, where the verdict is about that state. */
function wordOfAbsence({ status }: Pick<Report, 'status'>, { verdict }: Judgement): Word | undefined {
  if (status === 'DOWN' && (verdict === 'applied' || verdict === 'foreign')) return 'unplugged';
  return status === 'ERROR' && verdict === 'applied' ? 'failed' : undefined;
}

/** Any word but "plugged" forgets the plugging: when it is ACTIVE again, Nova is owed a new "plugged" for it. */
function oweWord({ owedNo, toldNo }: Debt, word: Word, attachment: string): Debt {
  const debt = { owedNo: owedNo + 1, toldNo, word };
  return word === 'plugged' ? { ...debt, owedAttachment: attachment } : debt;
}

/** One event of `POST /os-server-external-events`. */
export interface ExternalEvent {
  readonly name: 'network-vif-plugged' | 'network-vif-unplugged';
  readonly status: 'completed' | 'failed';
  readonly server_uuid: string;
  readonly tag: string;
}

/** The event that says `word` about a port to its Nova server. */
export function externalEvent(word: Word, serverId: string, portId: string): ExternalEvent {
  return {
    name: word === 'unplugged' ? 'network-vif-unplugged' : 'network-vif-plugged',
    server_uuid: serverId,
    status: word === 'failed' ? 'failed' : 'completed',
    tag: portId,
  };
}

/** What Nova made of one event. `unreachable`: nothing is known of it, it may have been passed on. */
export type Answer =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'rejected'; readonly code: number }
  | { readonly kind: 'unreachable'; readonly detail: string };

/**
 * What follows from an answer: the debt is settled, asked again after a while, or dropped by rule. `needless`: an
 * "unplugged" that was not said, because Nova can not have heard "plugged".
 */
export type Settlement =
  | { readonly kind: 'told' }
  | { readonly kind: 'again'; readonly afterMs: number }
  | { readonly kind: 'dropped'; readonly why: 'refused' | 'too-late' | 'needless' };

export interface SettlePolicy {
  /** How long a word can still help: Nova's `vif_plugging_timeout`. */
  readonly helpsForMs: number;
  readonly backoffMs: { readonly first: number; readonly most: number };
  /** How often a plugged that Nova answers with 404 or 422 is said: the instance may be recorded a moment later. */
  readonly refusedAttempts: number;
}

/**
 * How often the word was said, this time included. A refusal after silence begins anew: while Nova was not to be reached it
 * refused nothing, and the instance may be recorded a moment later.
 */
export function countAttempt(
  answer: Answer,
  { attempts, wasRefused }: { readonly attempts: number; readonly wasRefused: boolean },
): number {
  return answer.kind === 'rejected' && !wasRefused ? 1 : attempts + 1;
}

/**
 * What an answer means for the debt (docs/neutron.md, "What Nova is told").
 *
 * @param attempts as `countAttempt` counts them.
 * @param ageMs how long it has been owed.
 */
export function afterAnswer(
  answer: Answer,
  word: Word,
  attempts: number,
  ageMs: number,
  policy: SettlePolicy,
): Settlement {
  if (answer.kind === 'accepted') return { kind: 'told' };
  if (ageMs >= policy.helpsForMs) return { kind: 'dropped', why: 'too-late' };
  if (answer.kind === 'rejected') {
    const mayPass = word !== 'unplugged' && (answer.code === 404 || answer.code === 422);
    if (!mayPass || attempts >= policy.refusedAttempts) return { kind: 'dropped', why: 'refused' };
  }
  const { first, most } = policy.backoffMs;
  return { kind: 'again', afterMs: Math.min(most, first * 2 ** (attempts - 1)) };
}

import type { Reason, Verdict } from './judge.js';
import { activeBinding, isComputePort } from './neutron-port.js';
import type { NeutronPort } from './neutron-port.js';
import { COULD_NOT_OPEN } from './report.js';
import type { ReportedStatus, Sighting } from './report.js';

/** What to do next, for each stage that may be the first that is missing. Source: decision 20, which fixes these codes. */
export const NEXT_STEPS = {
  'no-such-port': 'check-the-id',
  unbound: 'check-binding-failure',
  'not-written-here': 'check-apply-options',
  'chassis-unknown': 'install-agent',
  'chassis-silent': 'check-agent',
  'not-on-switch': 'check-vif-plugging',
  'interface-failed': 'read-interface-error',
  'link-down': 'check-guest-and-link',
  'held-by-guard': 'approve-or-wait',
  'no-server-live': 'start-a-server',
  'server-lapsed': 'wait-for-takeover',
  pending: 'check-server-backlog',
  quarantined: 'read-quarantine-reason',
  'bound-elsewhere': 'compare-binding-and-chassis',
  'admin-down': 'set-admin-state-up',
  'dhcp-block': 'check-dhcp-agent',
  'other-block': 'ask-who-set-the-block',
  paused: 'resume',
  'nova-unreachable': 'check-nova-and-its-credentials',
  'nova-refuses': 'check-the-server-in-nova',
  'nova-not-told': 'wait-for-nova',
  done: 'nothing',
} as const;

/** The first stage of a report's path that is missing; `done` where none is. */
export type Stage = keyof typeof NEXT_STEPS;

/** What each stage left of one port. */
export interface PortFacts {
  /** Absent: Neutron has no such port. */
  readonly port?: NeutronPort | undefined;
  /** The chassis that holds the active binding; absent where no agent ever registered for it. */
  readonly chassis?:
    { readonly isSilent: boolean; readonly isComplete: boolean; readonly isHolding: boolean } | undefined;
  /** What that chassis said last. */
  readonly said?: { readonly status: ReportedStatus; readonly seen?: Sighting | undefined } | undefined;
  /** Where its report waits; absent where none does. */
  readonly pending?: 'unassigned' | 'lapsed' | 'live' | undefined;
  readonly isAnyServerLive: boolean;
  /** Whether an operator has paused all writing. */
  readonly isPaused: boolean;
  readonly isQuarantined: boolean;
  /** Whether another chassis says that the port is up there. */
  readonly isUpElsewhere: boolean;
  /** The ledger's row of that chassis. */
  readonly judged?: JudgedFacts | undefined;
}

export interface JudgedFacts {
  readonly verdict: Verdict;
  readonly reason: Reason;
  readonly mode: 'write' | 'observe';
  /** Whether a word to Nova is owed and not settled, and how often it was said. */
  readonly isOwed: boolean;
  readonly attempts: number;
  /** What became of the word that was said last, in the ledger's words: `told`, `refused`, `too-late`, `needless`, `none`. */
  readonly toldResult: string;
  /** Nova's own code for it, where it refused. */
  readonly toldCode?: number | undefined;
}

/** The first stage that is missing. Pure. */
export function stageOf(facts: PortFacts): Stage {
  const { port } = facts;
  if (port === undefined) return 'no-such-port';
  const binding = activeBinding(port);
  if (binding === undefined || binding.vifType === 'unbound' || binding.vifType === 'binding_failed')
    return 'unbound';
  const isActive = port.status === 'ACTIVE';
  const isSaidActive = facts.said?.status === 'ACTIVE';
  if (isActive && (isSaidActive || facts.pending === undefined))
    return isComputePort(port) ? toldStage(facts) : 'done';
  if (facts.isQuarantined) return 'quarantined';
  if (facts.pending !== undefined) return pendingStage(facts.pending, facts);
  return isSaidActive ? judgedStage(port, facts) : wiringStage(facts);
}

function pendingStage(place: NonNullable<PortFacts['pending']>, facts: PortFacts): Stage {
  return place === 'lapsed' && facts.isAnyServerLive ? 'server-lapsed' : serverStage(facts);
}

/** It is a server's turn. */
function serverStage({ isAnyServerLive, isPaused }: PortFacts): Stage {
  if (!isAnyServerLive) return 'no-server-live';
  return isPaused ? 'paused' : 'pending';
}

/** The port is not up on the chassis that it is bound to, or nobody says so. */
function wiringStage({ chassis, said, isUpElsewhere }: PortFacts): Stage {
  if (isUpElsewhere) return 'bound-elsewhere';
  if (chassis === undefined) return 'chassis-unknown';
  if (chassis.isSilent) return 'chassis-silent';
  if (said?.status === 'ERROR' || said?.seen?.ofport === COULD_NOT_OPEN) return 'interface-failed';
  if (said?.seen?.device !== undefined && said.seen.isGone !== true) return 'link-down';
  return chassis.isHolding || !chassis.isComplete ? 'held-by-guard' : 'not-on-switch';
}

/** The bound chassis says that the port is up, and that has been judged. */
function judgedStage(port: NeutronPort, facts: PortFacts): Stage {
  const { judged } = facts;
  if (judged === undefined) return serverStage(facts);
  if (judged.mode === 'observe') return 'not-written-here';
  switch (judged.verdict) {
    case 'delegated':
      return 'not-written-here';
    case 'unbindable':
      return 'unbound';
    case 'misplaced':
    case 'foreign':
      return 'bound-elsewhere';
    case 'admin-down':
      return 'admin-down';
    case 'early':
      return judged.reason === 'other-instance' ? 'bound-elsewhere' : serverStage(facts);
    case 'blocked':
      return port.blocks.length === 0 ? serverStage(facts) : blockStage(port);
    case 'applied':
    case 'stale':
    case 'absent':
      return serverStage(facts);
  }
}

function blockStage({ blocks }: NeutronPort): Stage {
  return blocks.includes('DHCP') ? 'dhcp-block' : 'other-block';
}

/** Neutron has the port ACTIVE. Where nothing is known of a word, Neutron itself told Nova. */
function toldStage(facts: PortFacts): Stage {
  if (facts.judged === undefined) return 'done';
  const { isOwed, attempts, toldResult, toldCode } = facts.judged;
  if (!isOwed) return AFTER_TELLING[toldResult] ?? 'done';
  const turn = serverStage(facts);
  if (turn !== 'pending') return turn;
  if (attempts === 0) return 'nova-not-told';
  return toldCode === undefined ? 'nova-unreachable' : 'nova-refuses';
}

/** Words that were given up. */
const AFTER_TELLING: Readonly<Record<string, Stage>> = {
  refused: 'nova-refuses',
  'too-late': 'nova-unreachable',
};

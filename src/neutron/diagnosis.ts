import type { Word } from '../domain/debt.js';
import type { Reason } from '../domain/judge.js';
import type { ReportKey } from '../domain/report.js';

/** What a doctor finds in Neutron's database and in the ledger. */
export interface Diagnosis {
  readonly layout: LayoutFindings;
  /** Milliseconds by which the database's clock is ahead of this host's; negative where it is behind. */
  readonly clockAheadMs: number;
  /** Absent where the layout or the rights do not let us read it. */
  readonly state?: StoredState | undefined;
}

/** What is wrong with the database, by topic; empty where nothing is. */
export interface LayoutFindings {
  /** Settings of the database server, and the engines of its tables. */
  readonly server: readonly LayoutFinding[];
  /** Columns of Neutron that we name, and the right to read each. */
  readonly columns: readonly LayoutFinding[];
  /** Rights to write; empty where nothing is to be written. */
  readonly writing: readonly LayoutFinding[];
  readonly ledger: readonly LayoutFinding[];
}

/** Something that has to be mended before we work on this database. The text ends with the next step. */
export interface LayoutFinding {
  readonly code: 'LAYOUT' | 'RIGHTS';
  readonly text: string;
}

export interface StoredState {
  readonly isPaused: boolean;
  readonly quarantined: number;
  /** Hosts that ports are bound to, as `ml2_port_bindings` spells them. */
  readonly hosts: readonly string[];
  readonly agents: readonly NeutronAgent[];
  /** Chassis whose reports are of ports that are bound elsewhere. */
  readonly misplaced: readonly MisplacedReports[];
  /** Ports that are left to neutron-server, by the reason. */
  readonly delegated: readonly { readonly reason: Reason; readonly ports: number }[];
  readonly oldDebts: OldDebts;
  /**
   * Chassis whose clock is ahead of the database's, by at least so many milliseconds: a report was observed so long
   * after it was judged. One that is behind can not be told from a report that was late.
   */
  readonly clocksAhead: readonly { readonly chassis: string; readonly aheadMs: number }[];
}

/** One row of Neutron's `agents`. */
export interface NeutronAgent {
  readonly host: string;
  /** As Neutron names it, such as `Open vSwitch agent`. */
  readonly type: string;
  /** Milliseconds since its last heartbeat, by the database's clock. */
  readonly silentMs: number;
  readonly isAlive: boolean;
  readonly hasL2population: boolean;
}

export interface MisplacedReports {
  readonly chassis: string;
  readonly ports: number;
  /** One of them, with the host that Neutron has bound it to. */
  readonly example: { readonly portId: string; readonly boundTo?: string | undefined };
}

/** Words that Nova has been owed for longer than OLD_DEBT_MS. */
export interface OldDebts {
  readonly count: number;
  readonly oldest?: OldDebt | undefined;
}

export interface OldDebt extends ReportKey {
  readonly word: Word;
  readonly ageMs: number;
  /** What became of it when it was said last; absent where it was never said. */
  readonly lastResult?: string | undefined;
}

/** A word is said within seconds; one that is owed for longer meets with trouble. */
export const OLD_DEBT_MS = 60_000;

import type { HistoryEntry } from '../domain/history.js';
import type { Reason, Verdict } from '../domain/judge.js';
import type { NeutronPort } from '../domain/neutron-port.js';
import type { ReportedStatus, Sighting } from '../domain/report.js';

/** Which ports Nova may wait for. */
export interface Awaited {
  /** Nova's patience: ports that were changed longer ago are not waited for any more. */
  readonly withinMs: number;
  readonly limit: number;
}

/** All that Neutron's tables and the ledger hold of one port, for people. */
export interface PortStory {
  readonly portId: string;
  /** Absent: Neutron has no such port. */
  readonly port?: NeutronPort | undefined;
  /** What each chassis that ever reported the port said last, and what became of it. */
  readonly chapters: readonly Chapter[];
  readonly quarantined: readonly {
    readonly chassis: string;
    readonly reason: string;
    readonly atMs: number;
  }[];
}

/** One row of the ledger. Times are milliseconds since 1970 by the database's clock, but `observedAtMs` by the chassis'. */
export interface Chapter {
  readonly chassis: string;
  readonly status: ReportedStatus;
  readonly attachment: string;
  readonly revision: number;
  readonly observedAtMs: number;
  readonly seen?: Sighting | undefined;
  readonly verdict: Verdict;
  readonly reason: Reason;
  readonly mode: 'write' | 'observe';
  /** Whether the L2 block that the port may have was written by a server of ours, with a DOWN. */
  readonly hasOurBlock: boolean;
  /** What was written to Neutron's rows, in the ledger's words, and when. */
  readonly effects: string;
  readonly server: string;
  readonly judgedAtMs: number;
  readonly appliedAtMs?: number | undefined;
  /** The word that is owed, or was last. */
  readonly word?: string | undefined;
  readonly isOwed: boolean;
  readonly owedAtMs?: number | undefined;
  readonly attempts: number;
  /** What was said last, when, and what Nova made of it. */
  readonly toldWord: string;
  readonly toldResult: string;
  readonly toldCode?: number | undefined;
  readonly toldDetail?: string | undefined;
  readonly toldAtMs: number;
  /** What became of earlier reports, and what of this one; the oldest first. */
  readonly history: readonly HistoryEntry[];
}

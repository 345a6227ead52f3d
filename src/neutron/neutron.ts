import type { Answer, Debt, Settlement, Word } from '../domain/debt.js';
import type { JudgePolicy, Reason, Verdict } from '../domain/judge.js';
import type { NeutronStatus } from '../domain/neutron-port.js';
import type { Report, ReportKey } from '../domain/report.js';
import type { Moment } from '../domain/revision.js';
import type { Diagnosis } from './diagnosis.js';
import type { Awaited, PortStory } from './story.js';

/**
 * Neutron's database and the ledger beside it, as the server's loops see them.
 *
 * Every call is one or few transactions, each of which reads what it decides upon, and locks before it reads. Every
 * call throws UNAVAILABLE, RIGHTS or LAYOUT when the database does not let us work: nothing was changed then, or the
 * outcome of a commit is unknown and calling again is harmless. DATA is thrown by `judge` alone, when one of its
 * reports can never be written; nothing was changed then.
 */
export interface Neutron {
  /**
   * Checks that this is a database we know and may use as far as we mean to.
   *
   * @throws {PortStatusError} LAYOUT or RIGHTS with one list of all that is wrong.
   */
  check(options: Use): Promise<void>;

  /** Neutron's own migration heads: when they change, `check` again before anything is written. */
  heads(): Promise<string>;

  /** The number of an incarnation, where it has one, and the greatest that any has: 0 where none has. */
  epochOf(incarnation: string): Promise<{ readonly epoch: number | undefined; readonly greatest: number }>;

  /** Gives an incarnation this number, if it has none and the number is nobody's; else nothing changes. */
  enterIncarnation(incarnation: string, epoch: number): Promise<void>;

  /**
   * Judges reports and carries the verdicts out, in one transaction: Neutron's rows, the ledger's and the debts to Nova
   * are committed together or not at all. Each (port, chassis) stands once.
   *
   * With `claimant`, words that Nova waits for and that become owed are claimed in the same transaction, where nobody is
   * telling Nova about that port: whoever calls has to tell them. What is not claimed is due for everybody.
   *
   * While an operator has paused the writing, nothing is done.
   */
  judge(cases: readonly Case[], judging: Judging, claimant?: EarlyClaimant): Promise<Judged>;

  /** Of these cases, those which would change anything when they were judged. Locks nothing, changes nothing. */
  preview(cases: readonly Case[], judging: Judging): Promise<readonly Case[]>;

  /**
   * Takes up to `limit` rows that are due to be looked at; each is due again after `everyMs`, or sooner where it is a live
   * migration's target (domain/look.ts), whoever took it.
   */
  takeDue(limit: number, everyMs: number): Promise<readonly ReportKey[]>;

  /** The next page of the ledger in the order of its primary key. */
  sweep(page: LedgerPage, judging: Judging): Promise<SweptPage>;

  /** What judging these cases would do now; those that there is nothing to judge of are left out. Changes nothing. */
  foresee(cases: readonly Case[], judging: Judging): Promise<readonly Foreseen[]>;

  /** What Nova is owed for these (port, chassis), claimed or not. Changes nothing. */
  debts(keys: readonly ReportKey[]): Promise<readonly Owed[]>;

  /** Whether any debt to Nova is due, claimed or not. Locks nothing, so that asking again and again costs little. */
  isAnyDebtDue(): Promise<boolean>;

  /** The registrations that have claimed debts and not recorded their answers, by their generations. */
  claimers(): Promise<readonly string[]>;

  /** Claims up to `limit` debts to Nova that are due and that nobody is settling. */
  claimDebts(claim: Claim, limit: number): Promise<readonly ClaimedDebt[]>;

  /** Records what became of claimed debts and ends the claims. Those that another has claimed meanwhile are left. */
  recordAnswers(nonces: readonly string[], answered: readonly AnsweredDebt[]): Promise<void>;

  /**
   * Keeps reports that can never be written, with the reason.
   *
   * @returns false where there would then be more than `most`: none of these is kept then.
   */
  quarantine(entries: readonly QuarantineEntry[], most: number): Promise<boolean>;

  /** Lets go of what is in quarantine and was followed by a newer report of that port and chassis. */
  emptyQuarantine(): Promise<void>;

  /** Of these cases, those whose report is not in quarantine as it is. */
  withoutQuarantined(cases: readonly Case[]): Promise<readonly Case[]>;

  /** How many reports are in quarantine. */
  quarantined(): Promise<number>;

  /** What is in quarantine, the oldest first. Changes nothing. */
  listQuarantined(limit: number): Promise<readonly Quarantined[]>;

  /** What is in quarantine under these names: each a port's id, or `port@chassis`. Changes nothing. */
  findQuarantined(names: readonly string[]): Promise<readonly Quarantined[]>;

  /**
   * Lets go of these, where the quarantine still has them as they are; the sweep then judges what the northbound database
   * has of them again.
   *
   * @returns how many it had.
   */
  releaseQuarantined(entries: readonly QuarantinedRef[]): Promise<number>;

  /** What all servers have before them. One statement, which locks nothing. */
  counts(): Promise<LedgerCounts>;

  isPaused(): Promise<boolean>;

  /** Resolves when no transaction that still saw the old value is running. */
  setPaused(paused: boolean): Promise<void>;

  /** Neutron's ports beside the ledger: the next page in the order of their ids, or those named. Changes nothing. */
  compare(ports: PortPage | readonly string[], judging: Judging): Promise<ComparedPage>;

  /**
   * All that is known of the port of that id, MAC address or device name, or of the ports of that Nova server; at most 20.
   * Changes nothing.
   */
  stories(wanted: string): Promise<readonly PortStory[]>;

  /** The same of the ports that Nova waits for, those first that it will give up first. Changes nothing. */
  awaited(awaited: Awaited): Promise<readonly PortStory[]>;

  /** All that `port-status doctor` asks of this database, in one record. Changes nothing. */
  diagnose(options: { readonly willWrite: boolean }): Promise<Diagnosis>;

  close(): Promise<void>;
}

/** What a program means to do with the database. Every use reads Neutron's rows. */
export interface Use {
  /** Write Neutron's rows. */
  readonly willWrite: boolean;
  /** Write the ledger: every server does, also in observe mode. True unless said otherwise. */
  readonly keepsLedger?: boolean | undefined;
}

/** How verdicts are carried out, and in whose name. */
export interface Judging {
  readonly server: string;
  readonly policy: JudgePolicy;
  /** Whether reports of this chassis may change Neutron and Nova; else the ledger notes what would be done. */
  readonly mayWrite: (chassis: string) => boolean;
  readonly lookEveryMs: number;
  /** The northbound data's present incarnation. */
  readonly incarnation: string;
  /** Its number. It holds also where the ledger has lost it meanwhile, and is then entered again. */
  readonly epoch: number;
}

/** One thing to judge: a report that arrived, or the ledger's own newest report of that port and chassis. */
export interface Case extends ReportKey {
  readonly arrival?: { readonly report: Report; readonly incarnation: string } | undefined;
}

export type Judged =
  | { readonly kind: 'paused' }
  | {
      readonly kind: 'committed';
      readonly outcomes: readonly Outcome[];
      /** Words to Nova that became owed, and that the caller has claimed. */
      readonly claimed: readonly ClaimedDebt[];
    };

export interface Outcome extends ReportKey {
  readonly verdict: Verdict;
  readonly reason: Reason;
  /** What was written to Neutron's port, if anything. */
  readonly wrote?: NeutronStatus | undefined;
  /** All that was written to Neutron's rows: words of `DELETE-L2 INSERT-L2 ACTIVE DOWN ERROR`, or nothing. */
  readonly effects: string;
  /** Whether the verdict is not the last word: look again soon. */
  readonly isWaiting: boolean;
  /** Whether a word to Nova became owed. */
  readonly owes: boolean;
}

/** Which rows of the ledger: at most `limit` of them. */
export interface LedgerPage {
  /** Those behind this key. */
  readonly after?: ReportKey | undefined;
  /** Those of ports up to and with this id. */
  readonly until?: string | undefined;
  /** Those of this chassis alone. */
  readonly chassis?: string | undefined;
  readonly limit: number;
}

/** Which of Neutron's ports: those behind `after`, at most `limit`. */
export interface PortPage {
  readonly after?: string | undefined;
  readonly limit: number;
}

/** A ledger row, as far as the sweep needs it. */
export interface SweptRow extends ReportKey, Moment, Pick<Debt, 'owedNo' | 'toldNo'> {
  readonly status: Report['status'];
  readonly attachment: string;
}

export interface SweptPage {
  readonly rows: readonly SweptRow[];
  /** Those for which judging again would change anything. */
  readonly disagreeing: readonly ReportKey[];
}

/** Who claims. */
export interface Claimant {
  /** The registration in which the words are claimed. */
  readonly generation: string;
  /** Drawn for this claim. */
  readonly nonce: string;
}

/** Who claims words where they become owed. */
export interface EarlyClaimant extends Claimant {
  /** For so long the words are not due for others: a registration does not lapse sooner, nor its claims. */
  readonly dueAfterMs: number;
  /** So many words that Nova is to hear, and that become owed together, are claimed as one call to Nova. */
  readonly leastOfCall: number;
}

/** Who claims, and whose claims count. */
export interface Claim extends Claimant {
  /** Registrations that have lapsed by the northbound database: their claims are void. */
  readonly lapsedGenerations: readonly string[];
  /** The claims of this registration that are being worked on: all others of it are void. */
  readonly executing: ReadonlySet<string>;
}

export interface ClaimedDebt extends ReportKey {
  readonly word: Word;
  readonly serverId: string;
  readonly owedNo: number;
  /** Words owed after the last one told, this one included. */
  readonly untold: number;
  /** Whether Nova heard "plugged" from here, or may have: without that nobody needs to hear "unplugged". */
  readonly toldPlugged: boolean;
  /** How often this word was said already, as `countAttempt` counts. */
  readonly attempts: number;
  /** Whether Nova refused it when it was said last. */
  readonly wasRefused: boolean;
  /** How long the word has been owed. */
  readonly ageMs: number;
  /** Of a "plugged": when the chassis saw it, in milliseconds since 1970 by the chassis' clock. */
  readonly observedAt?: number | undefined;
  /** Whether it was claimed together with others where it became owed, and has no time of its own to be due. */
  readonly isInCall: boolean;
}

export interface AnsweredDebt {
  readonly debt: ClaimedDebt;
  readonly settlement: Settlement;
  /** How often it was said by now. */
  readonly attempts: number;
  /** How long the word had been owed when that was known. */
  readonly afterMs: number;
  /** Absent where nothing had to be said. */
  readonly answer?: Answer | undefined;
}

export interface QuarantineEntry extends ReportKey {
  readonly revision: number;
  readonly incarnation: string;
  readonly body: string;
  readonly reason: string;
  readonly server: string;
}

/** One report in quarantine, and no later one of its port and chassis. */
export type QuarantinedRef = Pick<QuarantineEntry, 'portId' | 'chassis' | 'revision' | 'incarnation'>;

/** What is in quarantine. */
export interface Quarantined extends QuarantineEntry {
  /** Since it was put there, by the database's clock. */
  readonly ageMs: number;
}

/** What is in the ledger for somebody to see to. */
export interface LedgerCounts {
  /** Words that Nova is owed, claimed or not. */
  readonly owed: number;
  /** How long the oldest of these has been owed; 0 where nothing is. Below 0 where the database's clock was set back. */
  readonly oldestOwedMs: number;
  readonly quarantined: number;
}

/** What judging a case would do. */
export interface Foreseen {
  readonly one: Case;
  readonly verdict: Verdict;
  readonly reason: Reason;
  readonly reported: Report['status'];
  /** Absent where there is no such port. */
  readonly neutronStatus?: NeutronStatus | undefined;
  /** As `Outcome.effects`, also for a chassis that may not be written. */
  readonly wouldWrite: string;
  /** Whether a word to Nova would become owed. */
  readonly wouldOwe: boolean;
  /** Whether the ledger's row would change, or go. */
  readonly isNews: boolean;
}

/** A word that Nova was not told yet. */
export interface Owed extends ReportKey {
  readonly word: Word;
  readonly ageMs: number;
  /** How often it was said already, without success. */
  readonly attempts: number;
}

/** One port of Neutron beside what its bound chassis says. */
export interface ComparedPort {
  readonly portId: string;
  readonly host?: string | undefined;
  readonly neutronStatus: NeutronStatus;
  /** What the bound chassis said last; absent where it never said anything: that is no evidence of anything. */
  readonly reported?: Report['status'] | undefined;
  readonly verdict?: Verdict | undefined;
  readonly reason?: Reason | undefined;
  /** What we would write now. */
  readonly wouldWrite?: string | undefined;
}

export interface ComparedPage {
  readonly ports: readonly ComparedPort[];
  readonly last?: string | undefined;
}

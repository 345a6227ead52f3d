import type { ListenerState } from '../domain/listener.js';
import type { ReportKey } from '../domain/report.js';
import type { Envelope } from '../domain/wire.js';

/**
 * The northbound database: where chassis record their reports and servers find them.
 *
 * What every engine promises, and the conformance suite (conformance/) tests:
 *
 * - Durable: when `publish` resolves, the records and their places are stored; each record with its place in one atomic
 *   step.
 * - A pending report has exactly one place: the topic of a registered listener, or `unassigned`. A report that replaces a
 *   pending one keeps its place; where its listener is no longer registered, a topic is drawn anew in the same step.
 * - Every duration is judged by the database's own clock.
 * - Every verb throws UNAVAILABLE while the connection is cut (the outcome is then unknown, nothing is half done) and
 *   CLOSED after `close`. A verb whose `signal` is aborted throws the signal's reason.
 * - Nothing is found by scanning keys: each verb costs what it touches.
 *
 * What it does not promise: an order among the reports of different ports, and that a wake-up comes alone.
 */
export interface Northbound {
  /** The engine's name, as it stands in URLs and metrics: 'memory', 'sqlite'. */
  readonly engine: string;

  /**
   * Over how long agents that have much to say spread it, in milliseconds, each by a draw, so that a crowd of them leaves
   * room for the servers' heartbeats; 0 where they need not.
   */
  readonly spreadMs: number;

  /**
   * Registers the local controller of a chassis. A later registration fences the earlier.
   *
   * @throws {PortStatusError} UNAVAILABLE, CLOSED.
   */
  registerChassis(chassis: string, options?: CallOptions): Promise<ChassisRegistration>;

  /**
   * Writes the timestamp of a chassis, and what is to be known of it.
   *
   * @throws {PortStatusError} FENCED when a later registration in the same incarnation has taken over;
   *   REGISTRATION_LOST when the database no longer knows this one (data lost or rolled back): register again.
   */
  keepChassis(
    registration: ChassisRegistration,
    note: ChassisNote,
    options?: CallOptions,
  ): Promise<ChassisStanding>;

  /**
   * Records reports and puts each into the topic of one listener, drawn with equal chance among those eligible now (see
   * domain/listener.ts), or into `unassigned` where there is none. Each report and its place in one step; a call that is
   * refused stores none.
   *
   * A report whose revision is not greater than the greatest that its chassis gave before this call is late: it changes
   * nothing, and the call resolves. Within one call each port stands once. An empty call changes nothing.
   *
   * An engine whose database bounds a transaction carries a long call out in several: one that throws UNAVAILABLE, or
   * whose registration is taken over meanwhile, may then have stored some of its reports.
   *
   * @throws {PortStatusError} FENCED, REGISTRATION_LOST as `keepChassis`.
   */
  publish(
    registration: ChassisRegistration,
    envelopes: readonly Envelope[],
    options?: CallOptions,
  ): Promise<{ readonly stored: number; readonly late: number }>;

  /**
   * Ends the registration of a chassis that is silent, where its last word is still `beat` (see ChassisView), and lets the
   * caller publish in its name. The agent, should it live, is refused with REGISTRATION_LOST and registers again.
   *
   * @returns undefined where the chassis is not known or has spoken since.
   */
  takeOverChassis(
    chassis: string,
    beat: string,
    options?: CallOptions,
  ): Promise<ChassisRegistration | undefined>;

  /**
   * Registers a listener; its topic bears its name. What an earlier registration of that name left there is delivered
   * to this one. The later registration fences the earlier.
   */
  join(listener: ListenerIdentity, options?: CallOptions): Promise<Membership>;

  /**
   * Writes the listener's timestamp, and with it what the server has done.
   *
   * @throws {PortStatusError} FENCED when a later registration of that name in the same incarnation has taken over;
   *   REGISTRATION_LOST when others have adopted, or the data was lost or rolled back: join again.
   */
  heartbeat(membership: Membership, options?: HeartbeatOptions): Promise<TopicLoad>;

  /**
   * Waits until the topic holds what this membership was not given yet, and gives up to `max` of it, oldest first.
   *
   * Each (port, revision) is given once per membership; it stays pending until it is acknowledged. The content is read
   * from the report's record: an entry of the topic is only a pointer, and one that points to nothing pending here is
   * dropped. After a call that threw UNAVAILABLE, what is not acknowledged is given again: the answer may have been lost.
   *
   * @throws {PortStatusError} FENCED, REGISTRATION_LOST as `heartbeat`.
   */
  receive(membership: Membership, options: ReceiveOptions): Promise<readonly Delivery[]>;

  /**
   * Takes deliveries off the topic: those whose record still has that revision and this place. A newer report that
   * arrived meanwhile stays pending. A record that says DOWN is removed, every other outlives its acknowledgement.
   *
   * @returns how many were taken off.
   * @throws {PortStatusError} FENCED, REGISTRATION_LOST as `heartbeat`; nothing was taken off then.
   */
  acknowledge(
    membership: Membership,
    deliveries: readonly DeliveryRef[],
    options?: CallOptions,
  ): Promise<number>;

  /**
   * Moves up to `max` pending reports that nobody handles to listeners that are drawn for each: those of a lapsed
   * listener (fenced first, its registration deleted last, so that another adopter can finish), those of topics without
   * a registration, and the unassigned.
   *
   * @throws {PortStatusError} FENCED, REGISTRATION_LOST as `heartbeat`; nothing was moved then.
   */
  adopt(membership: Membership, options: AdoptOptions): Promise<Adoption>;

  /**
   * Resolves when there may be something to adopt: a hint, which may come for nothing or not at all. To call `adopt` from
   * time to time is what finds everything. A cut connection gives no hint.
   *
   * @throws {PortStatusError} CLOSED; the signal's reason.
   */
  untilOrphans(membership: Membership, options?: CallOptions): Promise<void>;

  /**
   * Of these reports, those that are pending and have no entry in the topic in which they are by their records: whoever
   * may write to a topic may remove what is there. Changes nothing.
   *
   * @returns none always where topics are an index over the records.
   */
  findLost(keys: readonly ReportKey[], options?: CallOptions): Promise<readonly ReportKey[]>;

  /**
   * Puts pending reports back into the topics in which they are by their records, where the entry is gone or was never
   * ours. Those whose listener is not registered are placed anew.
   *
   * Asks for no registration: the record alone says where its entry belongs, and is compared in the step that writes the
   * entry. So whoever calls it late, twice, or beside others that do restores what holds then, and nothing else.
   *
   * @returns how many were put back; 0 always where topics are an index over the records.
   */
  putBack(keys: readonly ReportKey[], options?: CallOptions): Promise<number>;

  /**
   * Ends the registration; what is pending in its topic is moved to others by their `adopt`. A registration that no
   * longer stands is left alone: what `leave` is for has been reached.
   */
  leave(membership: Membership, options?: CallOptions): Promise<void>;

  /**
   * Tells a listener to leave: from now on no report is placed with it, and its next heartbeat says so. Ends with its
   * registration. False: no such listener is registered.
   */
  drain(listener: string, options?: CallOptions): Promise<boolean>;

  /** The incarnation of the data: a new one whenever it may have lost writes (empty, rolled back, failed over). */
  incarnation(options?: CallOptions): Promise<string>;

  /** Every registered listener, sorted by id. */
  listeners(options?: CallOptions): Promise<readonly ListenerView[]>;

  /**
   * Every topic where something may wait: of each registered listener, of those that are gone and left reports behind, and,
   * where it holds any, what is in nobody's. Sorted by name, what is in nobody's first. Costs about what is pending.
   */
  topics(options?: CallOptions): Promise<readonly TopicView[]>;

  /** Registered chassis, sorted by name: all, or those named. */
  chassis(names?: readonly string[], options?: CallOptions): Promise<readonly ChassisView[]>;

  /** The stored records of one chassis in the order of their port ids: those after `after`, at most `limit`. */
  reports(chassis: string, page: Page, options?: CallOptions): Promise<readonly StoredReport[]>;

  /** Of these (port, chassis), those that have a record. */
  lookUp(keys: readonly ReportKey[], options?: CallOptions): Promise<readonly StoredReport[]>;

  /**
   * Lets a chassis say what its guard holds (see ChassisNote): its next `keepChassis` is told. False: no such hold.
   *
   * With `beat` it is the silence of the chassis that is approved, whatever it holds: `approved` is that beat then, which
   * servers compare (see ChassisView). False: the chassis is not known, or has spoken since.
   */
  approve(chassis: string, options?: ApproveOptions): Promise<boolean>;

  /** Ends all connections; calls under way throw CLOSED. Idempotent. */
  close(): Promise<void>;
}

export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface HeartbeatOptions extends CallOptions {
  /** What is shown with the listener until its next heartbeat; absent: nothing is. */
  readonly done?: WorkDone | undefined;
}

export interface ApproveOptions extends CallOptions {
  readonly beat?: string | undefined;
}

/** The right to publish for a chassis, until a later registration. */
export interface ChassisRegistration {
  readonly chassis: string;
  /** Fencing token: compared for equality only. */
  readonly token: string;
  /** Number of this registration among those of the chassis in this incarnation. */
  readonly number: number;
  readonly incarnation: string;
  /** The greatest revision that this chassis gave; 0 where none is known. */
  readonly maxRevision: number;
}

/** What an agent writes with its timestamp. */
export interface ChassisNote {
  /** Every report up to this revision was published: what has no record is not there. Absent: leaves what is stored. */
  readonly complete?: number | undefined;
  /** What the guard holds back, or absent where it holds nothing. `id` tells one hold from the next. */
  readonly hold?: { readonly id: string; readonly ports: number; readonly sinceMs: number } | undefined;
  /** The program's version. */
  readonly version: string;
}

export interface ChassisStanding {
  /** What an operator approved last: the id of a hold, or a beat of the chassis, which is none of its holds' ids. */
  readonly approved?: string | undefined;
  /** Wire versions that the registered listeners read (see wire.ts, `commonVersion`). */
  readonly listenerVersions: readonly (readonly number[])[];
}

export interface ChassisView {
  readonly chassis: string;
  /** Milliseconds since its last word, by the database's clock. */
  readonly ageMs: number;
  /** Another one with every word of the chassis, and with nothing else: compared for equality only, to observe a silence. */
  readonly beat: string;
  readonly maxRevision: number;
  /** Revision up to which the chassis is complete, and the incarnation in which it said so. */
  readonly complete?: { readonly revision: number; readonly incarnation: string } | undefined;
  readonly hold?: ChassisNote['hold'];
  /** What an operator approved last: the id of a hold, or a beat. */
  readonly approved?: string | undefined;
  readonly version?: string | undefined;
}

export interface ListenerIdentity {
  readonly id: string;
  readonly ttlMs: number;
  /** Wire versions that it reads. */
  readonly versions: readonly number[];
  /** The program's version. */
  readonly program: string;
}

export interface Membership extends ListenerIdentity {
  /** Fencing token of this registration: a number and a random part, compared for equality only. */
  readonly generation: string;
  readonly incarnation: string;
}

export interface ListenerView extends ListenerIdentity {
  readonly generation: string;
  readonly state: ListenerState;
  /** Milliseconds since its last heartbeat, by the database's clock. */
  readonly ageMs: number;
  /** Reports that are pending in its topic. */
  readonly backlog: number;
  /** As its last heartbeat said. Absent before its first, and where its program is of a version that says nothing. */
  readonly done?: WorkDone | undefined;
}

/** What a server has done since its program started: whole numbers that only grow, and begin anew with the next start. */
export interface WorkDone {
  /** How long it has run, in milliseconds by a clock of its own that nobody sets: what its rates are measured by. */
  readonly forMs: number;
  /** Reports that were given to it. */
  readonly received: number;
  /** Statuses that it wrote to Neutron's ports. */
  readonly written: number;
  /** Words that Nova accepted from it. */
  readonly told: number;
}

export interface TopicLoad {
  readonly backlog: number;
  /** How long the oldest pending report has waited; 0 where none is. */
  readonly oldestMs: number;
  /** Whether the listener was told to leave. */
  readonly isDraining: boolean;
}

export interface TopicView extends Pick<TopicLoad, 'backlog' | 'oldestMs'> {
  /** The listener whose topic it is or was; absent: reports that were published while nobody was live. */
  readonly listener?: string | undefined;
  /** Of which port and chassis the report is that has waited longest; absent where none waits. */
  readonly oldest?: ReportKey | undefined;
}

export interface ReceiveOptions extends CallOptions {
  readonly max: number;
}

export interface AdoptOptions extends CallOptions {
  /** Chunk size; engines may move fewer. */
  readonly max: number;
}

/** One report given to a listener. */
export interface Delivery extends Envelope {
  /** The incarnation that it was published in. */
  readonly incarnation: string;
  /** Since it was published, by the database's clock. */
  readonly waitedMs: number;
}

export type DeliveryRef = Pick<Delivery, 'portId' | 'chassis' | 'revision'>;

export interface Adoption {
  readonly moved: number;
  /** The listeners that were taken over, whose registration is now deleted. */
  readonly takenOver: readonly string[];
  /** Whether there is more to move: call again. */
  readonly more: boolean;
}

export interface Page {
  /** Exclusive; absent for the first page. */
  readonly after?: string | undefined;
  readonly limit: number;
}

/** A record as it is stored. */
export interface StoredReport extends Envelope {
  readonly incarnation: string;
  /** The listener in whose topic it is pending, 'unassigned', or absent once it was acknowledged. */
  readonly place?:
    { readonly kind: 'topic'; readonly listener: string } | { readonly kind: 'unassigned' } | undefined;
  /** Since when it has been pending, in milliseconds since 1970 by the database's clock; absent once it was acknowledged. */
  readonly pendingSinceMs?: number | undefined;
}

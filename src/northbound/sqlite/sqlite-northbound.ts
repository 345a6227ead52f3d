import { hasCode } from '../../domain/errors.js';
import type { ReportKey } from '../../domain/report.js';
import type { Envelope } from '../../domain/wire.js';
import { Doorbell } from '../../runtime/doorbell.js';
import type { Logger } from '../../runtime/logger.js';
import type {
  AdoptOptions,
  Adoption,
  ApproveOptions,
  CallOptions,
  ChassisNote,
  ChassisRegistration,
  ChassisStanding,
  ChassisView,
  Delivery,
  DeliveryRef,
  HeartbeatOptions,
  ListenerIdentity,
  ListenerView,
  Membership,
  Northbound,
  Page,
  ReceiveOptions,
  StoredReport,
  TopicLoad,
  TopicView,
} from '../northbound.js';
import { UNASSIGNED } from '../place.js';
import { closed } from '../refusals.js';
import { adopt, isAnythingAbandoned } from './adopt.js';
import {
  approveHold,
  approveSilence,
  keepChassis,
  listChassis,
  registerChassis,
  takeOverChassis,
} from './chassis.js';
import { SqliteDatabase } from './database.js';
import { acknowledge, giveReports, isAnythingNew } from './deliver.js';
import { Doorbells } from './doorbells.js';
import { ENGINE, isBusy, translateFault } from './faults.js';
import { GroupCommit } from './group-commit.js';
import { drain, heartbeat, join, leave, listListeners } from './listeners.js';
import { listReports, lookUpReports } from './listing.js';
import { incarnationOf } from './meta.js';
import { publish } from './publish.js';
import type { Session, SessionOptions } from './session.js';
import { listTopics } from './topic-list.js';

export interface SqliteNorthboundOptions extends SessionOptions {
  /** Identifies the host's run since its last boot. Default: the kernel's boot id. */
  readonly boot?: string | undefined;
  /** Whether nothing may be made or changed: verbs that write then fail, and the file has to be there. */
  readonly isReadOnly?: boolean | undefined;
  /** Told where the host lacks what is only for speed. Default: nobody. */
  readonly logger?: Logger | undefined;
}

/**
 * The embedded engine: one SQLite file, shared by the processes of one host. Layout and crashes: layout.ts.
 *
 * Nothing is opened before the first verb. Where the path leads to another file later, or to none, that one is used: its
 * incarnation differs, so registrations are lost and everybody says again what is.
 */
export class SqliteNorthbound implements Northbound {
  readonly engine = ENGINE;
  readonly spreadMs = 0;
  readonly #database: SqliteDatabase;
  readonly #commits: GroupCommit;
  readonly #doorbells: Doorbells;
  /** Generations whose last `receive` failed: what they were given may not have arrived. */
  readonly #unsure = new Set<string>();
  readonly #never = new AbortController().signal;
  #isClosed = false;

  constructor(path: string, options: SqliteNorthboundOptions) {
    this.#doorbells = new Doorbells(path, options.logger);
    this.#database = new SqliteDatabase(path, {
      ...options,
      onReplaced: () => this.#doorbells.here.ringAll(),
    });
    const onRing = (listener: string): void => this.#doorbells.ringEverywhere(listener);
    this.#commits = new GroupCommit(this.#database, { ...options, onRing });
  }

  async registerChassis(chassis: string, options?: CallOptions): Promise<ChassisRegistration> {
    return this.#write(options, (session) => registerChassis(session, chassis));
  }

  async keepChassis(
    registration: ChassisRegistration,
    note: ChassisNote,
    options?: CallOptions,
  ): Promise<ChassisStanding> {
    return this.#write(options, (session) => keepChassis(session, registration, note));
  }

  async publish(
    registration: ChassisRegistration,
    envelopes: readonly Envelope[],
    options?: CallOptions,
  ): Promise<{ readonly stored: number; readonly late: number }> {
    return this.#write(options, (session) => publish(session, registration, envelopes));
  }

  async takeOverChassis(
    chassis: string,
    beat: string,
    options?: CallOptions,
  ): Promise<ChassisRegistration | undefined> {
    return this.#write(options, (session) => takeOverChassis(session, chassis, beat));
  }

  async join(listener: ListenerIdentity, options?: CallOptions): Promise<Membership> {
    const membership = await this.#write(options, (session) => join(session, listener));
    this.#doorbells.watch(listener.id);
    this.#doorbells.watch(UNASSIGNED);
    return membership;
  }

  async heartbeat(membership: Membership, options?: HeartbeatOptions): Promise<TopicLoad> {
    const load = await this.#write(options, (session) => heartbeat(session, membership, options));
    for (const bell of [membership.id, UNASSIGNED]) this.#doorbells.keepWatching(bell);
    return load;
  }

  async receive(
    membership: Membership,
    { max, signal = this.#never }: ReceiveOptions,
  ): Promise<readonly Delivery[]> {
    const bell = new Doorbell();
    const stopListening = this.#doorbells.here.listen(membership.id, bell);
    try {
      for (;;) {
        const deliveries = await this.#give(membership, { max, signal });
        if (deliveries.length > 0) return deliveries;
        await bell.wait({ signal });
      }
    } finally {
      stopListening();
    }
  }

  async acknowledge(
    membership: Membership,
    deliveries: readonly DeliveryRef[],
    options?: CallOptions,
  ): Promise<number> {
    return this.#write(options, (session) => acknowledge(session, membership, deliveries));
  }

  async adopt(membership: Membership, { max, signal }: AdoptOptions): Promise<Adoption> {
    const isWorthIt = await this.#read({ signal }, (session) => isAnythingAbandoned(session, membership));
    if (!isWorthIt) return { moved: 0, takenOver: [], more: false };
    return this.#write({ signal }, (session) => adopt(session, membership, max));
  }

  async untilOrphans(_: Membership, { signal = this.#never }: CallOptions = {}): Promise<void> {
    this.#admit(signal);
    const bell = new Doorbell();
    const stopListening = this.#doorbells.here.listen(UNASSIGNED, bell);
    try {
      await bell.wait({ signal });
      this.#admit(signal);
    } finally {
      stopListening();
    }
  }

  /** Topics are an index over the records: nothing can be missing there. */
  async findLost(_: readonly ReportKey[], options?: CallOptions): Promise<readonly ReportKey[]> {
    return this.#read(options, () => []);
  }

  async putBack(keys: readonly ReportKey[], options?: CallOptions): Promise<number> {
    return (await this.findLost(keys, options)).length;
  }

  async leave(membership: Membership, options?: CallOptions): Promise<void> {
    await this.#write(options, (session) => leave(session, membership));
    this.#doorbells.unwatch(membership.id);
  }

  async drain(listener: string, options?: CallOptions): Promise<boolean> {
    return this.#write(options, (session) => drain(session, listener));
  }

  async incarnation(options?: CallOptions): Promise<string> {
    return this.#read(options, incarnationOf);
  }

  async listeners(options?: CallOptions): Promise<readonly ListenerView[]> {
    return this.#read(options, listListeners);
  }

  async topics(options?: CallOptions): Promise<readonly TopicView[]> {
    return this.#read(options, listTopics);
  }

  async chassis(names?: readonly string[], options?: CallOptions): Promise<readonly ChassisView[]> {
    return this.#read(options, (session) => listChassis(session, names));
  }

  async reports(chassis: string, page: Page, options?: CallOptions): Promise<readonly StoredReport[]> {
    return this.#read(options, (session) => listReports(session, chassis, page));
  }

  async lookUp(keys: readonly ReportKey[], options?: CallOptions): Promise<readonly StoredReport[]> {
    return this.#read(options, (session) => lookUpReports(session, keys));
  }

  async approve(chassis: string, options: ApproveOptions = {}): Promise<boolean> {
    const { beat } = options;
    return this.#write(options, (session) =>
      beat === undefined ? approveHold(session, chassis) : approveSilence(session, chassis, beat),
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#commits.close();
    this.#doorbells.close();
    this.#database.close();
  }

  async #give(membership: Membership, { max, signal }: ReceiveOptions): Promise<readonly Delivery[]> {
    const { generation } = membership;
    const again = this.#unsure.has(generation);
    try {
      const isWorthIt = await this.#read(
        { signal },
        (session) => again || isAnythingNew(session, membership),
      );
      if (!isWorthIt) return [];
      const give = (session: Session): readonly Delivery[] =>
        giveReports(session, membership, { max, again });
      const deliveries = await this.#write({ signal }, give);
      this.#unsure.delete(generation);
      return deliveries;
    } catch (error) {
      if (hasCode(error, 'UNAVAILABLE')) this.#unsure.add(generation);
      throw error;
    }
  }

  async #write<T>({ signal }: CallOptions = {}, work: (session: Session) => T): Promise<T> {
    this.#admit(signal);
    return this.#commits.write(work, signal);
  }

  /** Reads at once; where another process is just making the file, as soon as that lets go of it. */
  async #read<T>({ signal }: CallOptions = {}, work: (session: Session) => T): Promise<T> {
    this.#admit(signal);
    try {
      return work(this.#database.use());
    } catch (error) {
      if (isBusy(error)) return this.#commits.write(work, signal);
      throw translateFault(error, this.#database.path);
    }
  }

  #admit(signal: AbortSignal | undefined): void {
    if (this.#isClosed) throw closed(ENGINE);
    signal?.throwIfAborted();
  }
}

import { setMaxListeners } from 'node:events';
import { hasCode } from '../../domain/errors.js';
import type { ReportKey } from '../../domain/report.js';
import type { Envelope } from '../../domain/wire.js';
import { Doorbell } from '../../runtime/doorbell.js';
import { Scope } from '../../runtime/scope.js';
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
import { closed } from '../refusals.js';
import type { Address } from './address.js';
import { adopt } from './adopt.js';
import { Attendance } from './attendance.js';
import {
  approveHold,
  approveSilence,
  keepChassis,
  listChassis,
  registerChassis,
  takeOverChassis,
} from './chassis.js';
import { EtcdDatabase } from './database.js';
import type { EtcdDatabaseOptions } from './database.js';
import { acknowledge, giveReports } from './deliver.js';
import { ENGINE, translateRefusal } from './faults.js';
import { Gateway } from './gateway.js';
import type { GatewayOptions } from './gateway.js';
import { drain, heartbeat, join, leave, listListeners } from './listeners.js';
import { listReports, lookUpReports } from './listing.js';
import { publish } from './publish.js';
import { Session } from './session.js';
import { findLost, putBack } from './topics.js';
import { listTopics } from './topic-list.js';

export interface EtcdNorthboundOptions extends EtcdDatabaseOptions, GatewayOptions {}

/**
 * The engine for many hosts: an etcd cluster, version 3.4 or later, through its JSON gateway. Layout and crashes:
 * layout.ts; how it notices that data was lost: meta.ts.
 *
 * Nothing is opened before the first verb. A verb asks the member that answered last; where that fails, the next verb
 * asks another.
 */
export class EtcdNorthbound implements Northbound {
  readonly engine = ENGINE;
  /** So that a thousand chassis with 50 ports each leave room for heartbeats: see docs/performance.md, storm. */
  readonly spreadMs = 2500;
  readonly #database: EtcdDatabase;
  /** By generation. */
  readonly #attendances = new Map<string, Attendance>();
  readonly #never = new AbortController().signal;
  #isClosed = false;

  constructor(address: Address, options: EtcdNorthboundOptions) {
    this.#database = new EtcdDatabase(new Gateway(address, options), options);
    setMaxListeners(0, this.#never);
  }

  async registerChassis(chassis: string, options?: CallOptions): Promise<ChassisRegistration> {
    return this.#call(options, (session) => registerChassis(session, chassis));
  }

  async keepChassis(
    registration: ChassisRegistration,
    note: ChassisNote,
    options?: CallOptions,
  ): Promise<ChassisStanding> {
    return this.#call(options, (session) => keepChassis(session, registration, note));
  }

  async publish(
    registration: ChassisRegistration,
    envelopes: readonly Envelope[],
    options?: CallOptions,
  ): Promise<{ readonly stored: number; readonly late: number }> {
    return this.#call(options, (session) => publish(session, registration, envelopes));
  }

  async takeOverChassis(
    chassis: string,
    beat: string,
    options?: CallOptions,
  ): Promise<ChassisRegistration | undefined> {
    return this.#call(options, (session) => takeOverChassis(session, chassis, beat));
  }

  async join(listener: ListenerIdentity, options?: CallOptions): Promise<Membership> {
    const { membership, revision } = await this.#call(options, (session) => join(session, listener));
    this.#attendances.set(membership.generation, new Attendance(this.#database, membership, revision));
    return membership;
  }

  async heartbeat(membership: Membership, options?: HeartbeatOptions): Promise<TopicLoad> {
    const attendance = this.#attendances.get(membership.generation);
    const before = { pulse: attendance?.pulse, oldest: attendance?.inbox.oldest, done: options?.done };
    const beat = await this.#callAs(membership, options, (session) => heartbeat(session, membership, before));
    attendance?.noteBeat(beat);
    return beat.load;
  }

  async receive(
    membership: Membership,
    { max, signal = this.#never }: ReceiveOptions,
  ): Promise<readonly Delivery[]> {
    const attendance = this.#attend(membership);
    const bell = new Doorbell();
    const stopListening = attendance.listenForReports(bell);
    try {
      for (;;) {
        const deliveries = await this.#give(membership, attendance, { max, signal });
        if (deliveries.length > 0) return deliveries;
        if (attendance.inbox.hasWaiting || !attendance.inbox.isComplete) continue;
        await bell.wait({ signal });
        attendance.checkWatch();
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
    const inbox = this.#attendances.get(membership.generation)?.inbox;
    return this.#callAs(membership, options, (session) =>
      acknowledge(session, membership, inbox, deliveries),
    );
  }

  async adopt(membership: Membership, { max, signal }: AdoptOptions): Promise<Adoption> {
    return this.#callAs(membership, { signal }, (session) => adopt(session, membership, max));
  }

  async untilOrphans(membership: Membership, { signal = this.#never }: CallOptions = {}): Promise<void> {
    this.#admit(signal);
    const attendance = this.#attend(membership);
    const bell = new Doorbell();
    const stopListening = attendance.listenForOrphans(bell);
    try {
      await this.#watchIfPossible(attendance, signal);
      await bell.wait({ signal });
      this.#admit(signal);
    } finally {
      stopListening();
    }
  }

  async findLost(keys: readonly ReportKey[], options?: CallOptions): Promise<readonly ReportKey[]> {
    return this.#call(options, (session) => findLost(session, keys));
  }

  async putBack(keys: readonly ReportKey[], options?: CallOptions): Promise<number> {
    return this.#call(options, (session) => putBack(session, keys));
  }

  async leave(membership: Membership, options?: CallOptions): Promise<void> {
    await this.#call(options, (session) => leave(session, membership));
    await this.#forget(membership);
  }

  async drain(listener: string, options?: CallOptions): Promise<boolean> {
    return this.#call(options, (session) => drain(session, listener));
  }

  async incarnation(options?: CallOptions): Promise<string> {
    return this.#call(options, async (session) => (await session.read()).incarnation);
  }

  async listeners(options?: CallOptions): Promise<readonly ListenerView[]> {
    return this.#call(options, listListeners);
  }

  async topics(options?: CallOptions): Promise<readonly TopicView[]> {
    return this.#call(options, listTopics);
  }

  async chassis(names?: readonly string[], options?: CallOptions): Promise<readonly ChassisView[]> {
    return this.#call(options, (session) => listChassis(session, names));
  }

  async reports(chassis: string, page: Page, options?: CallOptions): Promise<readonly StoredReport[]> {
    return this.#call(options, (session) => listReports(session, chassis, page));
  }

  async lookUp(keys: readonly ReportKey[], options?: CallOptions): Promise<readonly StoredReport[]> {
    return this.#call(options, (session) => lookUpReports(session, keys));
  }

  async approve(chassis: string, options: ApproveOptions = {}): Promise<boolean> {
    const { beat } = options;
    return this.#call(options, (session) =>
      beat === undefined ? approveHold(session, chassis) : approveSilence(session, chassis, beat),
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#attendances.values()].map((attendance) => attendance.close()));
    await this.#database.gateway.close();
  }

  async #give(
    membership: Membership,
    attendance: Attendance,
    { max, signal }: ReceiveOptions,
  ): Promise<readonly Delivery[]> {
    const { inbox } = attendance;
    return this.#callAs(membership, { signal }, async (session) => {
      try {
        await attendance.prepare(session);
        return await giveReports(session, membership, inbox, max);
      } catch (error) {
        if (hasCode(error, 'UNAVAILABLE')) inbox.forgetAll();
        throw error;
      }
    });
  }

  /** Whoever waits for orphans is not told that the connection is cut: to look from time to time finds everything. */
  async #watchIfPossible(attendance: Attendance, signal: AbortSignal): Promise<void> {
    try {
      await this.#call({ signal }, (session) => attendance.watch(session.signal));
    } catch (error) {
      this.#admit(signal);
      if (hasCode(error, 'BUG')) throw error;
    }
  }

  /** One that joined over another connection is attended here, too. */
  #attend(membership: Membership): Attendance {
    const { generation } = membership;
    const attendance = this.#attendances.get(generation) ?? new Attendance(this.#database, membership, 0);
    this.#attendances.set(generation, attendance);
    return attendance;
  }

  async #forget({ generation }: Membership): Promise<void> {
    const attendance = this.#attendances.get(generation);
    this.#attendances.delete(generation);
    await attendance?.close();
  }

  /** A verb of a listener; once its registration is refused, nothing is kept of it. */
  async #callAs<T>(
    membership: Membership,
    options: CallOptions | undefined,
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    try {
      return await this.#call(options, work);
    } catch (error) {
      if (hasCode(error, 'FENCED', 'REGISTRATION_LOST')) await this.#forget(membership);
      throw error;
    }
  }

  /** Carries out one verb: what it has begun ends with it, also the calls beside one that failed. */
  async #call<T>(
    { signal = this.#never }: CallOptions = {},
    work: (session: Session) => Promise<T>,
  ): Promise<T> {
    this.#admit(signal);
    using scope = new Scope(signal);
    setMaxListeners(0, scope.signal);
    try {
      return await work(new Session(this.#database, scope.signal));
    } catch (error) {
      this.#admit(signal);
      throw translateRefusal(error);
    }
  }

  #admit(signal: AbortSignal): void {
    if (this.#isClosed) throw closed(ENGINE);
    signal.throwIfAborted();
  }
}

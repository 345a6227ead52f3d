import { hasCode } from '../../domain/errors.js';
import type { ReportKey } from '../../domain/report.js';
import type { Envelope } from '../../domain/wire.js';
import { Doorbell } from '../../runtime/doorbell.js';
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
import { closed, unavailable } from '../refusals.js';
import { adopt } from './adopt.js';
import {
  approveHold,
  approveSilence,
  keepChassis,
  listChassis,
  registerChassis,
  takeOverChassis,
} from './chassis.js';
import type { MemoryDatabase } from './database.js';
import { acknowledge, giveReports } from './deliver.js';
import { drain, heartbeat, join, leave, listListeners } from './listeners.js';
import { listReports, lookUpReports } from './listing.js';
import { publish } from './publish.js';
import { listTopics } from './topic-list.js';

const ENGINE = 'memory';

/**
 * What a cut connection loses: the requests (nothing is carried out), or only the answers (carried out, but the caller
 * does not learn it).
 */
export type Loss = 'requests' | 'answers';

/** One process' connection to a MemoryDatabase: the engine for tests and for the simulator. */
export class MemoryNorthbound implements Northbound {
  readonly engine = ENGINE;
  readonly spreadMs = 0;
  readonly #database: MemoryDatabase;
  /** Bells of the calls that wait on this connection. */
  readonly #bells = new Set<Doorbell>();
  /** Generations whose last `receive` failed: what they were given may not have arrived. */
  readonly #unsure = new Set<string>();
  readonly #never = new AbortController().signal;
  #loss: Loss | undefined;
  #isClosed = false;

  constructor(database: MemoryDatabase) {
    this.#database = database;
  }

  async registerChassis(chassis: string, options?: CallOptions): Promise<ChassisRegistration> {
    return this.#call(options, () => registerChassis(this.#database, chassis));
  }

  async keepChassis(
    registration: ChassisRegistration,
    note: ChassisNote,
    options?: CallOptions,
  ): Promise<ChassisStanding> {
    return this.#call(options, () => keepChassis(this.#database, registration, note));
  }

  async publish(
    registration: ChassisRegistration,
    envelopes: readonly Envelope[],
    options?: CallOptions,
  ): Promise<{ readonly stored: number; readonly late: number }> {
    return this.#call(options, () => publish(this.#database, registration, envelopes));
  }

  async takeOverChassis(
    chassis: string,
    beat: string,
    options?: CallOptions,
  ): Promise<ChassisRegistration | undefined> {
    return this.#call(options, () => takeOverChassis(this.#database, chassis, beat));
  }

  async join(listener: ListenerIdentity, options?: CallOptions): Promise<Membership> {
    return this.#call(options, () => join(this.#database, listener));
  }

  async heartbeat(membership: Membership, options?: HeartbeatOptions): Promise<TopicLoad> {
    return this.#call(options, () => heartbeat(this.#database, membership, options));
  }

  async receive(
    membership: Membership,
    { max, signal = this.#never }: ReceiveOptions,
  ): Promise<readonly Delivery[]> {
    const bell = new Doorbell();
    const stopListening = this.#database.bells.listen(membership.id, bell);
    this.#bells.add(bell);
    try {
      for (;;) {
        const deliveries = await this.#give(membership, { max, signal });
        if (deliveries.length > 0) return deliveries;
        await bell.wait({ signal });
      }
    } finally {
      this.#bells.delete(bell);
      stopListening();
    }
  }

  async acknowledge(
    membership: Membership,
    deliveries: readonly DeliveryRef[],
    options?: CallOptions,
  ): Promise<number> {
    return this.#call(options, () => acknowledge(this.#database, membership, deliveries));
  }

  async adopt(membership: Membership, { max, signal }: AdoptOptions): Promise<Adoption> {
    return this.#call({ signal }, () => adopt(this.#database, membership, max));
  }

  async untilOrphans(_: Membership, { signal = this.#never }: CallOptions = {}): Promise<void> {
    this.#admit();
    const bell = new Doorbell();
    const stopListening = this.#database.bells.listen(UNASSIGNED, bell);
    this.#bells.add(bell);
    try {
      await bell.wait({ signal });
      this.#admit();
    } finally {
      this.#bells.delete(bell);
      stopListening();
    }
  }

  /** Topics hold the records themselves: nothing can be missing there. */
  async findLost(_: readonly ReportKey[], options?: CallOptions): Promise<readonly ReportKey[]> {
    return this.#call(options, () => []);
  }

  async putBack(keys: readonly ReportKey[], options?: CallOptions): Promise<number> {
    return (await this.findLost(keys, options)).length;
  }

  async leave(membership: Membership, options?: CallOptions): Promise<void> {
    return this.#call(options, () => leave(this.#database, membership));
  }

  async drain(listener: string, options?: CallOptions): Promise<boolean> {
    return this.#call(options, () => drain(this.#database, listener));
  }

  async incarnation(options?: CallOptions): Promise<string> {
    return this.#call(options, () => this.#database.state.incarnation);
  }

  async listeners(options?: CallOptions): Promise<readonly ListenerView[]> {
    return this.#call(options, () => listListeners(this.#database));
  }

  async topics(options?: CallOptions): Promise<readonly TopicView[]> {
    return this.#call(options, () => listTopics(this.#database));
  }

  async chassis(names?: readonly string[], options?: CallOptions): Promise<readonly ChassisView[]> {
    return this.#call(options, () => listChassis(this.#database, names));
  }

  async reports(chassis: string, page: Page, options?: CallOptions): Promise<readonly StoredReport[]> {
    return this.#call(options, () => listReports(this.#database, chassis, page));
  }

  async lookUp(keys: readonly ReportKey[], options?: CallOptions): Promise<readonly StoredReport[]> {
    return this.#call(options, () => lookUpReports(this.#database, keys));
  }

  async approve(chassis: string, options: ApproveOptions = {}): Promise<boolean> {
    const { beat } = options;
    return this.#call(options, () =>
      beat === undefined
        ? approveHold(this.#database, chassis)
        : approveSilence(this.#database, chassis, beat),
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wakeAll();
  }

  /** Cuts this connection until `restore`: every verb throws UNAVAILABLE, also those that wait. */
  cut(loss: Loss = 'requests'): void {
    this.#loss = loss;
    this.#wakeAll();
  }

  restore(): void {
    this.#loss = undefined;
  }

  async #give(membership: Membership, { max, signal }: ReceiveOptions): Promise<readonly Delivery[]> {
    const { generation } = membership;
    const again = this.#unsure.has(generation);
    try {
      const deliveries = await this.#call({ signal }, () =>
        giveReports(this.#database, membership, { max, again }),
      );
      this.#unsure.delete(generation);
      return deliveries;
    } catch (error) {
      if (hasCode(error, 'UNAVAILABLE')) this.#unsure.add(generation);
      throw error;
    }
  }

  /** Carries out one verb in one step, unless the connection is cut or closed or the caller has given up. */
  async #call<T>({ signal }: CallOptions = {}, carryOut: () => T): Promise<T> {
    this.#admit();
    signal?.throwIfAborted();
    if (this.#loss === 'requests') throw unavailable(ENGINE, 'the connection is cut');
    const answer = carryOut();
    if (this.#loss === 'answers') throw unavailable(ENGINE, 'the connection is cut');
    return answer;
  }

  #admit(): void {
    if (this.#isClosed) throw closed(ENGINE);
  }

  #wakeAll(): void {
    this.#bells.forEach((bell) => bell.ring());
  }
}

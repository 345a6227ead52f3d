import { hasCode } from '../../domain/errors.js';
import type { ReportKey } from '../../domain/report.js';
import type { Envelope } from '../../domain/wire.js';
import { Doorbell } from '../../runtime/doorbell.js';
import { untilStopped } from '../../runtime/until-stopped.js';
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
import { closed, unavailable } from '../refusals.js';
import { parseRedisUrl } from './address.js';
import { adopt } from './adopt.js';
import {
  approveHold,
  approveSilence,
  incarnationOf,
  keepChassis,
  listChassis,
  registerChassis,
  takeOverChassis,
} from './chassis.js';
import { RedisDatabase } from './database.js';
import type { RedisDatabaseOptions } from './database.js';
import { acknowledge, giveReports } from './deliver.js';
import { Doorbells } from './doorbells.js';
import { ENGINE } from './faults.js';
import { encodeName, Keys, NOBODY } from './layout.js';
import { drain, heartbeat, join, leave, listListeners } from './listeners.js';
import { listReports, lookUpReports } from './listing.js';
import { Places } from './places.js';
import { publish } from './publish.js';
import { findLost, putBack } from './put-back.js';
import type { RedisStore } from './store.js';
import { listTopics } from './topic-list.js';

export interface RedisNorthboundOptions extends RedisDatabaseOptions {
  /** Sets our keys apart from others': see `Keys`. */
  readonly namespace: string;
}

/**
 * The engine for many hosts: one Redis, found by its address or through Sentinels, or a Redis Cluster. Layout: layout.ts.
 *
 * Nothing is opened before the first verb, and there is one connection. Where it breaks, or is silent for two seconds when
 * something was asked, the next verb opens another: to whoever is the master then.
 */
export class RedisNorthbound implements Northbound {
  readonly engine = ENGINE;
  readonly spreadMs = 0;
  readonly #database: RedisDatabase;
  readonly #doorbells: Doorbells;
  readonly #store: RedisStore;
  readonly #isReadOnly: boolean;
  /** Generations whose last `receive` failed: what they were given may not have arrived. */
  readonly #unsure = new Set<string>();
  readonly #never = new AbortController().signal;
  #isClosed = false;

  /** @throws {PortStatusError} CONFIG where the URL can not be read. */
  constructor(url: string, options: RedisNorthboundOptions) {
    const keys = new Keys(options.namespace);
    this.#isReadOnly = options.isReadOnly;
    this.#doorbells = new Doorbells(keys);
    this.#database = new RedisDatabase(parseRedisUrl(url), keys, this.#doorbells, options);
    this.#store = {
      run: (script, scriptKeys, args) => this.#database.run(script, scriptKeys, args),
      send: (commands) => this.#database.send(commands),
      keys,
      random: options.random,
      places: new Places(),
    };
  }

  async registerChassis(chassis: string, options?: CallOptions): Promise<ChassisRegistration> {
    return this.#write(options, (store) => registerChassis(store, chassis));
  }

  async keepChassis(
    registration: ChassisRegistration,
    note: ChassisNote,
    options?: CallOptions,
  ): Promise<ChassisStanding> {
    return this.#write(options, (store) => keepChassis(store, registration, note));
  }

  async publish(
    registration: ChassisRegistration,
    envelopes: readonly Envelope[],
    options?: CallOptions,
  ): Promise<{ readonly stored: number; readonly late: number }> {
    return this.#write(options, (store) => publish(store, registration, envelopes));
  }

  async takeOverChassis(
    chassis: string,
    beat: string,
    options?: CallOptions,
  ): Promise<ChassisRegistration | undefined> {
    return this.#write(options, (store) => takeOverChassis(store, chassis, beat));
  }

  async join(listener: ListenerIdentity, options?: CallOptions): Promise<Membership> {
    return this.#write(options, async (store) => {
      const membership = await join(store, listener);
      await this.#database.watch(encodeName(listener.id));
      return membership;
    });
  }

  /** Also rings where something waits, or where the registration is no more: a ring that was lost costs no more than this. */
  async heartbeat(membership: Membership, options?: HeartbeatOptions): Promise<TopicLoad> {
    return this.#write(options, async (store) => {
      const place = encodeName(membership.id);
      try {
        const { hasWaiting, ...load } = await heartbeat(store, membership, options);
        if (hasWaiting) this.#doorbells.ring(place);
        return load;
      } catch (error) {
        this.#doorbells.ring(place);
        throw error;
      }
    });
  }

  async receive(
    membership: Membership,
    { max, signal = this.#never }: ReceiveOptions,
  ): Promise<readonly Delivery[]> {
    const bell = new Doorbell();
    const stopListening = this.#doorbells.listen(encodeName(membership.id), bell);
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
    return this.#write(options, (store) => acknowledge(store, membership, deliveries));
  }

  async adopt(membership: Membership, { max, signal }: AdoptOptions): Promise<Adoption> {
    return this.#write({ signal }, (store) => adopt(store, membership, max));
  }

  async untilOrphans(_: Membership, { signal = this.#never }: CallOptions = {}): Promise<void> {
    this.#admit(signal);
    const bell = new Doorbell();
    const stopListening = this.#doorbells.listen(NOBODY, bell);
    try {
      await bell.wait({ signal });
      this.#admit(signal);
    } finally {
      stopListening();
    }
  }

  async findLost(keys: readonly ReportKey[], options?: CallOptions): Promise<readonly ReportKey[]> {
    return this.#call(options, (store) => findLost(store, keys));
  }

  async putBack(keys: readonly ReportKey[], options?: CallOptions): Promise<number> {
    return this.#write(options, (store) => putBack(store, keys));
  }

  async leave(membership: Membership, options?: CallOptions): Promise<void> {
    return this.#write(options, (store) => leave(store, membership));
  }

  async drain(listener: string, options?: CallOptions): Promise<boolean> {
    return this.#write(options, (store) => drain(store, listener));
  }

  async incarnation(options?: CallOptions): Promise<string> {
    return this.#call(options, incarnationOf);
  }

  async listeners(options?: CallOptions): Promise<readonly ListenerView[]> {
    return this.#call(options, listListeners);
  }

  async topics(options?: CallOptions): Promise<readonly TopicView[]> {
    return this.#call(options, listTopics);
  }

  async chassis(names?: readonly string[], options?: CallOptions): Promise<readonly ChassisView[]> {
    return this.#call(options, (store) => listChassis(store, names));
  }

  async reports(chassis: string, page: Page, options?: CallOptions): Promise<readonly StoredReport[]> {
    return this.#call(options, (store) => listReports(store, chassis, page));
  }

  async lookUp(keys: readonly ReportKey[], options?: CallOptions): Promise<readonly StoredReport[]> {
    return this.#call(options, (store) => lookUpReports(store, keys));
  }

  async approve(chassis: string, options: ApproveOptions = {}): Promise<boolean> {
    const { beat } = options;
    return this.#write(options, (store) =>
      beat === undefined ? approveHold(store, chassis) : approveSilence(store, chassis, beat),
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#doorbells.ringAll();
    await this.#database.close();
  }

  /** Whatever ends it, the answer may have been on its way. */
  async #give(membership: Membership, { max, signal }: ReceiveOptions): Promise<readonly Delivery[]> {
    const { generation } = membership;
    const again = this.#unsure.has(generation);
    const inbox = this.#doorbells.inboxOf(membership);
    try {
      const give = (store: RedisStore): Promise<readonly Delivery[]> =>
        giveReports(store, membership, { max, again, inbox });
      const deliveries = await this.#write({ signal }, give);
      this.#unsure.delete(generation);
      return deliveries;
    } catch (error) {
      inbox.forget();
      if (!hasCode(error, 'FENCED', 'REGISTRATION_LOST')) this.#unsure.add(generation);
      throw error;
    }
  }

  async #write<T>(options: CallOptions | undefined, work: (store: RedisStore) => Promise<T>): Promise<T> {
    if (this.#isReadOnly && !this.#isClosed) throw unavailable(ENGINE, 'it was opened for reading alone');
    return this.#call(options, work);
  }

  /** Gives up waiting when the signal is aborted: what was sent may be carried out all the same. */
  async #call<T>({ signal }: CallOptions = {}, work: (store: RedisStore) => Promise<T>): Promise<T> {
    this.#admit(signal);
    const answer = work(this.#store);
    return signal === undefined ? answer : untilStopped(answer, signal);
  }

  #admit(signal: AbortSignal | undefined): void {
    if (this.#isClosed) throw closed(ENGINE);
    signal?.throwIfAborted();
  }
}

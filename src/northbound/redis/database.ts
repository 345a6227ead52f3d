import type { Clock } from '../../runtime/clock.js';
import type { Logger } from '../../runtime/logger.js';
import type { Metrics } from '../../runtime/metrics.js';
import type { Random } from '../../runtime/random.js';
import { backoffMs } from '../../runtime/retry.js';
import { closed, nothingThere, unavailable } from '../refusals.js';
import { nameOf } from './address.js';
import type { Host, RedisAddress } from './address.js';
import type { Doorbells } from './doorbells.js';
import { ENGINE, isElsewhere, movedTo, translateFault, translateOpeningFault } from './faults.js';
import type { Keys } from './layout.js';
import { renewIncarnation } from './meta.js';
import { textOf } from './replies.js';
import type { Script } from './script.js';
import { Session } from './session.js';
import type { Argument, Reply, TlsFiles } from './session.js';

export interface RedisDatabaseOptions extends TlsFiles {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Whether nothing may be made or changed: no incarnation is begun. */
  readonly isReadOnly: boolean;
}

/** Between attempts to connect; who asks meanwhile is told at once what the last one met. */
const BACKOFF = { firstMs: 50, mostMs: 2000 };

/** How often one verb may find that the data was last used under another origin. */
const MOST_RENEWALS = 3;

/**
 * The data of one namespace, and the connection to it: opened by whoever needs it, given up when it breaks, opened by the
 * next. Nothing is queued for it: while it can not be opened, everything is UNAVAILABLE.
 */
export class RedisDatabase {
  readonly endpoint: string;
  readonly #address: RedisAddress;
  readonly #keys: Keys;
  readonly #doorbells: Doorbells;
  readonly #options: RedisDatabaseOptions;
  #session: Session | undefined;
  #opening: Promise<Session> | undefined;
  readonly #closing = new AbortController();
  #isClosed = false;
  #state: 'unknown' | 'up' | 'down' = 'unknown';
  /** Attempts that failed since the last that did not, and when the next may be made. */
  #failures = 0;
  #nextAtMs = 0;
  #lastFault: Error | undefined;
  /** Where a node of a Redis Cluster said that the data is. */
  #movedTo: Host | undefined;

  constructor(address: RedisAddress, keys: Keys, doorbells: Doorbells, options: RedisDatabaseOptions) {
    this.endpoint = nameOf(address);
    this.#address = address;
    this.#keys = keys;
    this.#doorbells = doorbells;
    this.#options = options;
  }

  /**
   * Runs a script, on data that was last used under the present origin.
   *
   * @param keys those after meta and listeners.
   * @param args those after the origin.
   * @throws {PortStatusError} UNAVAILABLE, RIGHTS, LAYOUT, CONFIG, CLOSED.
   */
  async run(script: Script, keys: readonly Argument[], args: readonly Argument[]): Promise<readonly Reply[]> {
    const all = [this.#keys.meta(), this.#keys.listeners(), ...keys];
    for (let renewals = 0; renewals <= MOST_RENEWALS; renewals++) {
      const answer = await this.#with((session) => session.evaluate(script, all, [session.origin, ...args]));
      if (textOf(answer[0]) !== 'origin') return answer;
      await this.#with((session) => this.#renew(session));
    }
    throw unavailable(ENGINE, `${this.endpoint} keeps changing hands`);
  }

  /** Sends commands, all in one round trip. None of them looks at the origin: for reading, beside a script that does. */
  send(commands: readonly (readonly [string, ...Argument[]])[]): Promise<readonly Reply[]> {
    return this.#with((session) => session.send(commands));
  }

  /** Hears the rings for that place from now on, over whatever connection there is. */
  async watch(place: string): Promise<void> {
    this.#doorbells.watch(place);
    await this.#with((session) => session.subscribe(this.#doorbells.channels));
  }

  /** Ends the connection, also one that is just being made. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#closing.abort();
    this.#session?.end();
    await this.#opening?.catch(() => undefined);
    await this.#session?.ended;
  }

  async #with<T>(work: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#use();
    try {
      return await work(session);
    } catch (error) {
      if (this.#isClosed) throw closed(ENGINE);
      if (isElsewhere(error)) this.#giveUp(session, error);
      throw translateFault(error, this.endpoint);
    }
  }

  async #use(): Promise<Session> {
    if (this.#isClosed) throw closed(ENGINE);
    if (this.#session !== undefined) return this.#session;
    this.#opening ??= this.#open().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  async #open(): Promise<Session> {
    const { clock, random } = this.#options;
    if (this.#lastFault !== undefined && clock.monotonicMs() < this.#nextAtMs) throw this.#lastFault;
    try {
      const session = await this.#connect();
      this.#failures = 0;
      this.#lastFault = undefined;
      return session;
    } catch (error) {
      this.#movedTo = undefined;
      this.#failures += 1;
      this.#nextAtMs = clock.monotonicMs() + backoffMs(this.#failures, BACKOFF, random);
      this.#lastFault = translateOpeningFault(error, this.endpoint, this.#address.isTls);
      this.#show('down', this.#lastFault.message);
      if (this.#isClosed) throw closed(ENGINE);
      throw this.#lastFault;
    }
  }

  async #connect(): Promise<Session> {
    const session = await Session.open({
      address: this.#address,
      host: this.#movedTo ?? this.#nextHost(),
      tls: this.#options,
      endpoint: this.endpoint,
      onRing: this.#doorbells.hear,
      signal: this.#closing.signal,
    });
    void session.ended.then(() => this.#lose(session));
    try {
      if (this.#isClosed) throw closed(ENGINE);
      if (this.#options.isReadOnly) await this.#lookAt(session);
      await session.subscribe(this.#doorbells.channels);
    } catch (error) {
      session.end();
      await session.ended;
      throw error;
    }
    this.#session = session;
    this.#show('up');
    return session;
  }

  /** One host after the other; Sentinels are asked in the same order by the library itself. */
  #nextHost(): Host {
    const { hosts } = this.#address;
    return hosts[this.#failures % hosts.length] ?? { host: '', port: 0 };
  }

  async #lookAt(session: Session): Promise<void> {
    const [origin] = await session.send([['HGET', this.#keys.meta(), 'origin']]);
    session.trust(textOf(origin));
  }

  async #renew(session: Session): Promise<void> {
    if (this.#options.isReadOnly) {
      await this.#lookAt(session);
      if (session.origin === '') throw nothingThere(ENGINE, `${this.endpoint} has no ${this.#keys.meta()}`);
      return;
    }
    await session.identify();
    await renewIncarnation(session, this.#keys, this.#options.random);
  }

  #giveUp(session: Session, error: unknown): void {
    this.#movedTo = movedTo(error);
    session.end();
    if (this.#session === session) this.#session = undefined;
  }

  /** Those who wait have to learn that nothing would wake them any more. */
  #lose(session: Session): void {
    if (this.#session === session) this.#session = undefined;
    if (this.#isClosed) return;
    this.#show('down', translateFault(session.failure ?? 'the connection ended', this.endpoint).message);
    this.#doorbells.ringAll();
  }

  /** One line per change; nothing is said where the first connection is made. */
  #show(state: 'up' | 'down', why?: string): void {
    const { metrics, logger } = this.#options;
    metrics.northboundEndpointUp.set({ endpoint: this.endpoint }, state === 'up' ? 1 : 0);
    if (this.#state === state) return;
    const isNews = state === 'down' || this.#state === 'down';
    this.#state = state;
    if (!isNews) return;
    const { endpoint } = this;
    if (state === 'up')
      logger.info({ event: 'northbound.endpoint-up', endpoint }, `Redis at ${endpoint} answers again`);
    else logger.warn({ event: 'northbound.endpoint-down', endpoint, why }, `Redis at ${endpoint} is lost`);
  }
}

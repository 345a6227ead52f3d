import type { Duplex } from 'node:stream';
import { PortStatusError } from '../../domain/errors.js';
import type { Clock } from '../../runtime/clock.js';
import { Doorbell } from '../../runtime/doorbell.js';
import type { Logger } from '../../runtime/logger.js';
import type { Metrics } from '../../runtime/metrics.js';
import type { Random } from '../../runtime/random.js';
import { backoffMs } from '../../runtime/retry.js';
import { together } from '../../runtime/together.js';
import type { PortSource, SwitchUpdate } from '../port-source.js';
import { parseOvsAddress } from './address.js';
import type { OvsAddress } from './address.js';
import { OvsdbConnection } from './connection.js';
import { createDial, dialInTime } from './dial.js';
import type { Dial } from './dial.js';
import { Monitor } from './monitor.js';
import { PendingUpdates } from './pending-updates.js';
import type { PortRules } from './ports.js';
import { Teller } from './teller.js';
import { checkTlsFiles } from './tls.js';
import type { SomeTlsFiles } from './tls.js';

export interface OvsPortSourceOptions extends PortRules {
  /** Where ovsdb-server listens: `unix:/var/run/openvswitch/db.sock`, `tcp:127.0.0.1:6640`, `ssl:10.0.0.7:6640`. */
  readonly address: string;
  /** Paths of the files that an `ssl:` address needs. */
  readonly tls?: SomeTlsFiles;
  /** How long the first connection may take to come up, in milliseconds (default 30000). */
  readonly startupMs?: number;
  /**
   * How long the line may be quiet before an echo is asked for, how long its answer may take, and how long a connection
   * may take to open, in milliseconds (default 5000). A dead line is noticed after twice that.
   */
  readonly echoMs?: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** How a connection is opened; a test puts its own server there. */
  readonly dial?: Dial;
}

const RECONNECT = { firstMs: 200, mostMs: 5000 };
const STARTUP_MS = 30_000;
const ECHO_MS = 5000;

/**
 * Learns what is plugged from Open vSwitch's database. Only monitors: nothing is ever written to the switch. One watch at
 * a time.
 *
 * A stopped ovs-vswitchd is not noticed: its database goes on answering, and rows keep what they last said.
 *
 * @throws {PortStatusError} CONFIG when the address has no known form, or is `ssl:` and a file is missing.
 */
export function createOvsPortSource(options: OvsPortSourceOptions): PortSource {
  const address = parseOvsAddress(options.address);
  if (address.kind === 'ssl') checkTlsFiles(options.tls ?? {});
  return new OvsPortSource(address, options);
}

class OvsPortSource implements PortSource {
  readonly #address: OvsAddress;
  readonly #options: OvsPortSourceOptions;
  /** Rung by `refresh`; each connection begins with a new one, because it begins with a dump anyway. */
  #refreshBell = new Doorbell();
  /** The one whose monitor has begun. */
  #followed: OvsdbConnection | undefined;

  constructor(address: OvsAddress, options: OvsPortSourceOptions) {
    this.#address = address;
    this.#options = options;
  }

  refresh(): void {
    this.#refreshBell.ring();
  }

  async probe(): Promise<void> {
    if (this.#followed === undefined) {
      const { address } = this.#options;
      throw new PortStatusError(
        'UNAVAILABLE',
        `Open vSwitch's database at ${address} is not followed now; check ovsdb-server and switch.address`,
      );
    }
    await this.#followed.call('echo', [], () => undefined);
  }

  async *watch({ signal }: { readonly signal: AbortSignal }): AsyncIterable<SwitchUpdate> {
    const left = new AbortController();
    const stop = AbortSignal.any([signal, left.signal]);
    const pending = new PendingUpdates();
    const following = this.#follow(pending, stop).catch((error: unknown) => pending.addFailure(error));
    try {
      for (;;) yield await pending.take({ signal });
    } finally {
      left.abort(new Error('the watcher has left'));
      await following;
    }
  }

  /** One connection after another, until the signal stops it or the first one cannot be had. */
  async #follow(pending: PendingUpdates, signal: AbortSignal): Promise<never> {
    const { clock, random, startupMs = STARTUP_MS } = this.#options;
    const teller = this.#createTeller(pending);
    const monitor = new Monitor(teller);
    let giveUpAtMs = clock.monotonicMs() + startupMs;
    for (let failures = 0; ;) {
      const { wasUp, error } = await this.#serveConnection({ monitor, teller }, signal);
      if (wasUp) {
        giveUpAtMs = Infinity;
        failures = 0;
        pending.addLoss(error.message);
      }
      this.#checkPatience(error, giveUpAtMs);
      const waitMs = backoffMs(++failures, RECONNECT, random);
      await clock.sleep(Math.min(waitMs, giveUpAtMs - clock.monotonicMs()), { signal });
    }
  }

  #createTeller(pending: PendingUpdates): Teller {
    const { metrics, clock } = this.#options;
    const ignore = (reason: string): void => metrics.agentIgnored.inc({ reason });
    return new Teller({ rules: this.#options, pending, clock, ignore });
  }

  /** Runs one connection from its opening to its end. @throws whatever is not the connection's fault. */
  async #serveConnection(listening: Listening, signal: AbortSignal): Promise<Ended> {
    let wasUp = false;
    try {
      await this.#connect(listening, signal, () => {
        wasUp = true;
        this.#noteUp();
      });
    } catch (error) {
      if (signal.aborted || !(error instanceof PortStatusError)) throw error;
      this.#noteDown(error, wasUp);
      return { wasUp, error };
    }
    throw signal.reason;
  }

  async #connect({ monitor, teller }: Listening, signal: AbortSignal, isUp: () => void): Promise<void> {
    const { clock, echoMs = ECHO_MS } = this.#options;
    const connection = new OvsdbConnection(await this.#open(signal), {
      clock,
      echoMs,
      notified: (method, params) => monitor.hear(method, params),
    });
    const refreshBell = (this.#refreshBell = new Doorbell());
    const follow = async (stop: AbortSignal): Promise<void> => {
      await monitor.start(connection);
      this.#followed = connection;
      isUp();
      for (;;) {
        await refreshBell.wait({ signal: stop });
        await monitor.restart(connection);
      }
    };
    const tasks = [
      (stop: AbortSignal) => connection.run(stop),
      follow,
      (stop: AbortSignal) => teller.watchFailures(stop),
    ];
    await together(tasks, { signal }).finally(() => (this.#followed = undefined));
  }

  #open(signal: AbortSignal): Promise<Duplex> {
    const { clock, echoMs = ECHO_MS, tls = {}, dial = createDial(tls) } = this.#options;
    return dialInTime(dial, this.#address, { clock, limitMs: echoMs, signal });
  }

  /** @throws {PortStatusError} RIGHTS, CONFIG or UNAVAILABLE when it makes no sense to wait for the first connection any longer. */
  #checkPatience(error: PortStatusError, giveUpAtMs: number): void {
    if (giveUpAtMs === Infinity) return;
    if (error.code === 'RIGHTS' || error.code === 'CONFIG') throw error;
    if (this.#options.clock.monotonicMs() < giveUpAtMs) return;
    const { address, startupMs = STARTUP_MS } = this.#options;
    throw new PortStatusError(
      'UNAVAILABLE',
      `Open vSwitch's database at ${address} did not answer within ${startupMs} ms: ${error.message}; is ovsdb-server running, and is the address right?`,
      { cause: error },
    );
  }

  #noteUp(): void {
    const { logger, metrics, address } = this.#options;
    metrics.connected.set({ to: 'ovsdb' }, 1);
    logger.info({ event: 'ovs.connected', address }, "following Open vSwitch's database");
  }

  #noteDown({ message: reason }: PortStatusError, wasUp: boolean): void {
    const { logger, metrics, address } = this.#options;
    metrics.connected.set({ to: 'ovsdb' }, 0);
    metrics.connectionFailures.inc({ to: 'ovsdb' });
    const event = wasUp ? 'ovs.lost' : 'ovs.unreachable';
    logger.warn({ event, address, reason }, "Open vSwitch's database cannot be followed; trying again");
  }
}

/** What outlives a connection. */
interface Listening {
  readonly monitor: Monitor;
  readonly teller: Teller;
}

/** How a connection ended, and whether it had delivered a dump. */
interface Ended {
  readonly wasUp: boolean;
  readonly error: PortStatusError;
}

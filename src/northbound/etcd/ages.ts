import type { Clock } from '../../runtime/clock.js';
import type { Gateway } from './gateway.js';
import type { KeyValue } from './operations.js';

interface Look {
  /** Revision of the heartbeat that the age was counted from. */
  readonly modified: number;
  readonly ageMs: number;
  /** When etcd was asked, by our monotonic clock. */
  readonly askedAtMs: number;
}

interface RawTimeToLive {
  readonly TTL?: string;
  readonly grantedTTL?: string;
}

/**
 * How long listeners have been silent, by their leases: etcd's own clock.
 *
 * etcd is asked as seldom as that can be known otherwise: a listener whose heartbeat has moved on since it was asked has
 * been silent for no longer than that is ago; one whose heartbeat has not, for so much longer.
 */
export class Ages {
  readonly #gateway: Gateway;
  readonly #clock: Clock;
  readonly #looks = new Map<string, Look>();

  constructor(gateway: Gateway, clock: Clock) {
    this.#gateway = gateway;
    this.#clock = clock;
  }

  /** Milliseconds since the heartbeat in `alive`, good enough to tell whether they are more than half the ttl. */
  async ageOf(alive: KeyValue, ttlMs: number, signal: AbortSignal): Promise<number> {
    const look = this.#looks.get(alive.key);
    const agoMs = this.#clock.monotonicMs() - (look?.askedAtMs ?? 0);
    if (look?.modified === alive.modified) return look.ageMs + agoMs;
    return look !== undefined && agoMs <= ttlMs / 2 ? 0 : this.measure(alive, signal);
  }

  /** Asks etcd, which counts in whole seconds: up to one second too little. Infinity where the lease has just ended. */
  async measure(alive: KeyValue, signal: AbortSignal): Promise<number> {
    const askedAtMs = this.#clock.monotonicMs();
    const call = { path: '/v3/lease/timetolive', body: { ID: alive.lease }, isRepeatable: true };
    const { TTL = '0', grantedTTL = '0' } = (await this.#gateway.call(call, signal)) as RawTimeToLive;
    const hasEnded = Number(TTL) <= 0;
    const ageMs = hasEnded ? Infinity : Math.max(0, Number(grantedTTL) - Number(TTL) - 1) * 1000;
    this.#looks.set(alive.key, { modified: alive.modified, ageMs, askedAtMs });
    return ageMs;
  }
}

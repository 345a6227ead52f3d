import { PortStatusError } from './errors.js';

/**
 * How a listener stands, judged by the northbound database's clock only.
 *
 * - live: its timestamp moved within half its ttl. Reports are placed here.
 * - draining: not lapsed, and told to leave. Gets nothing any more; keeps its topic until it has left.
 * - late: silent for more than half its ttl. Gets reports only when nobody is live; keeps its topic.
 * - lapsed: silent for longer than its ttl. Gets nothing; its topic is taken over.
 */
export type ListenerState = 'live' | 'draining' | 'late' | 'lapsed';

/**
 * The state of a listener whose timestamp is `ageMs` old.
 *
 * A timestamp ahead of the database's now (negative age, after a failover to a host whose clock is behind) counts as
 * just written: the ttl starts again.
 */
export function stateOf(ageMs: number, ttlMs: number, isDraining: boolean): ListenerState {
  if (ageMs > ttlMs) return 'lapsed';
  if (isDraining) return 'draining';
  return ageMs > ttlMs / 2 ? 'late' : 'live';
}

/** Those among whom a topic is drawn: the live; where nobody is live, the late; else nobody. */
export function eligible<L extends { readonly state: ListenerState }>(listeners: readonly L[]): readonly L[] {
  const live = listeners.filter(({ state }) => state === 'live');
  return live.length > 0 ? live : listeners.filter(({ state }) => state === 'late');
}

export interface LeaseTimings {
  readonly ttlMs: number;
  readonly heartbeatMs: number;
}

/** How many heartbeats must fit into a ttl, so that losing two of them costs nothing. */
const HEARTBEATS_PER_TTL = 3;

/**
 * Checks that a listener can keep its lease.
 *
 * @throws {PortStatusError} CONFIG when `ttlMs` is outside 1000–60000 or not more than 3 × `heartbeatMs`, or
 *   `heartbeatMs` is below 1.
 */
export function checkLease({ ttlMs, heartbeatMs }: LeaseTimings): void {
  if (ttlMs < 1000 || ttlMs > 60_000) {
    throw new PortStatusError('CONFIG', `listener.ttlMs must lie between 1000 and 60000, got ${ttlMs}`);
  }
  if (heartbeatMs < 1) {
    throw new PortStatusError('CONFIG', `listener.heartbeatMs must be at least 1, got ${heartbeatMs}`);
  }
  if (ttlMs <= HEARTBEATS_PER_TTL * heartbeatMs) {
    throw new PortStatusError(
      'CONFIG',
      `listener.ttlMs must exceed ${HEARTBEATS_PER_TTL} × listener.heartbeatMs, got ${ttlMs} and ${heartbeatMs}`,
    );
  }
}

/**
 * Until when a listener may work after its last successful heartbeat, in milliseconds after that heartbeat was *sent*.
 *
 * A sixth of the ttl is left to bring running work to its end before anyone may adopt.
 */
export function leaseMs(ttlMs: number): number {
  return Math.floor((ttlMs * 5) / 6);
}

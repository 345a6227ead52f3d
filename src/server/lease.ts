import { PortStatusError } from '../domain/errors.js';
import { leaseMs } from '../domain/listener.js';
import type { TopicLoad } from '../northbound/northbound.js';
import type { Task } from '../runtime/together.js';
import { untilStopped } from '../runtime/until-stopped.js';
import { beginOutage, endOutage, isOutage } from './persist.js';
import type { Session } from './session.js';

/** They take turns, so that a heartbeat that takes long does not hold up the next: in a storm each waits behind all reports. */
const BEATERS = 2;

/**
 * The tasks that keep a server's registration alive, and the one that stops everything when it may have lapsed.
 *
 * The lease counts from when a successful heartbeat was *sent*, by a clock that can not be set, and ends before the ttl:
 * when others may adopt, this server has stopped, also where the heartbeat hangs instead of failing.
 */
export function leaseTasks(session: Session): readonly Task[] {
  const lease: Lease = { keptAtMs: session.joinSentAtMs };
  const beaters = Array.from(
    { length: BEATERS },
    (_, turn): Task =>
      (signal) =>
        keepHeartbeating(session, lease, turn, signal),
  );
  return [...beaters, (signal) => watchLease(session, lease, signal)];
}

interface Lease {
  /** When the last successful heartbeat was sent, or the join. */
  keptAtMs: number;
}

/** Sends every so many heartbeats' time, or as soon as the last of its own has been answered. */
async function keepHeartbeating(
  session: Session,
  lease: Lease,
  turn: number,
  signal: AbortSignal,
): Promise<void> {
  const { clock, options, health } = session;
  const { heartbeatMs } = options.lease;
  const call = {};
  try {
    for (let dueAtMs = clock.monotonicMs() + (1 + turn) * heartbeatMs; ;) {
      await clock.sleep(Math.max(0, dueAtMs - clock.monotonicMs()), { signal });
      const sentAtMs = clock.monotonicMs();
      dueAtMs = sentAtMs + BEATERS * heartbeatMs;
      if (await beat(session, call, signal)) lease.keptAtMs = Math.max(lease.keptAtMs, sentAtMs);
      noteKept(session, lease);
    }
  } finally {
    health.outages.end('northbound', call);
  }
}

/** One heartbeat; false when the northbound database can not be reached. */
async function beat(session: Session, call: object, signal: AbortSignal): Promise<boolean> {
  const { northbound, member, metrics, countWork } = session;
  try {
    const done = await countWork();
    const load = await untilStopped(northbound.heartbeat(member, { done, signal }), signal);
    noteLoad(session, load);
    metrics.backlog.set(load.backlog);
    metrics.oldest.set(load.oldestMs / 1000);
    endOutage(session, 'northbound', call);
    if (load.isDraining) session.endLife();
    return true;
  } catch (error) {
    if (!isOutage(error)) throw error;
    beginOutage(session, 'northbound', call, error.message);
    return false;
  }
}

function noteKept({ health }: Session, { keptAtMs }: Lease): void {
  if (health.registration !== undefined) health.registration.keptAtMs = keptAtMs;
}

function noteLoad({ health, clock }: Session, load: TopicLoad): void {
  const atMs = clock.monotonicMs();
  health.answeredAtMs.set('northbound', atMs);
  if (health.registration !== undefined) health.registration.load = { ...load, atMs };
}

async function watchLease({ clock, options }: Session, lease: Lease, signal: AbortSignal): Promise<void> {
  const lengthMs = leaseMs(options.lease.ttlMs);
  for (;;) {
    const leftMs = lease.keptAtMs + lengthMs - clock.monotonicMs();
    if (leftMs <= 0) {
      throw new PortStatusError(
        'REGISTRATION_LOST',
        `no heartbeat got through for ${lengthMs} ms; registering again`,
      );
    }
    await clock.sleep(leftMs, { signal });
  }
}

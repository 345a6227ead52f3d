import { PortStatusError } from '../domain/errors.js';
import { leaseMs } from '../domain/listener.js';
import type { Task } from '../runtime/together.js';
import { untilStopped } from '../runtime/until-stopped.js';
import { beginOutage, endOutage, isOutage } from './persist.js';
import type { Session } from './session.js';

/**
 * The two tasks that keep a server's registration alive, and stop everything when it may have lapsed.
 *
 * The lease counts from when a successful heartbeat was *sent*, by a clock that can not be set, and ends before the ttl:
 * when others may adopt, this server has stopped, also where the heartbeat hangs instead of failing.
 */
export function leaseTasks(session: Session): readonly Task[] {
  const lease: Lease = { keptAtMs: session.joinSentAtMs };
  return [
    (signal) => keepHeartbeating(session, lease, signal),
    (signal) => watchLease(session, lease, signal),
  ];
}

interface Lease {
  /** When the last successful heartbeat was sent, or the join. */
  keptAtMs: number;
}

async function keepHeartbeating(session: Session, lease: Lease, signal: AbortSignal): Promise<void> {
  const { clock, options, health } = session;
  try {
    for (;;) {
      await clock.sleep(options.lease.heartbeatMs, { signal });
      const sentAtMs = clock.monotonicMs();
      if (await beat(session, lease, signal)) lease.keptAtMs = sentAtMs;
    }
  } finally {
    health.outages.end('northbound', lease);
  }
}

/** One heartbeat; false when the northbound database can not be reached. */
async function beat(session: Session, lease: Lease, signal: AbortSignal): Promise<boolean> {
  const { northbound, member, metrics } = session;
  try {
    const load = await untilStopped(northbound.heartbeat(member, { signal }), signal);
    metrics.backlog.set(load.backlog);
    metrics.oldest.set(load.oldestMs / 1000);
    endOutage(session, 'northbound', lease);
    if (load.isDraining) session.endLife();
    return true;
  } catch (error) {
    if (!isOutage(error)) throw error;
    beginOutage(session, 'northbound', lease, error.message);
    return false;
  }
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

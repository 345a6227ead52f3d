import { hasCode } from '../domain/errors.js';
import type { PortStatusError } from '../domain/errors.js';
import { backoffMs } from '../runtime/retry.js';
import { untilStopped } from '../runtime/until-stopped.js';
import { showDependency } from './health.js';
import type { Health } from './health.js';
import type { ServerParts } from './session.js';

const BACKOFF = { firstMs: 100, mostMs: 5000 };

type Parts = Pick<ServerParts, 'clock' | 'random' | 'logger' | 'metrics'> & { readonly health: Health };

/**
 * Calls `work` until it is not refused for a reason that may pass: connection, missing right, unknown layout, full disk.
 *
 * An outage is logged when it begins and when it ends, not at each attempt. Nothing is given up, so nothing may be
 * acknowledged before this returns. A call that hangs is left alone when the signal stops us: what it does late is
 * ordered by the ledger, or refused by its generation.
 *
 * @throws what is no outage (DATA, FENCED, REGISTRATION_LOST, a bug), and the signal's reason.
 */
export async function persist<T>(
  parts: Parts,
  dependency: 'northbound' | 'neutron',
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const call = {};
  try {
    for (let attempt = 1; ; attempt++) {
      signal.throwIfAborted();
      try {
        const result = await untilStopped(work(), signal);
        parts.health.answeredAtMs.set(dependency, parts.clock.monotonicMs());
        endOutage(parts, dependency, call);
        return result;
      } catch (error) {
        if (!isOutage(error)) throw error;
        beginOutage(parts, dependency, call, error.message);
      }
      await parts.clock.sleep(backoffMs(attempt, BACKOFF, parts.random), { signal });
    }
  } finally {
    parts.health.outages.end(dependency, call); // given up: whoever asks next finds out anew
  }
}

/** Whether the reason may pass without anyone losing what is to be done. */
export function isOutage(error: unknown): error is PortStatusError {
  return hasCode(error, 'UNAVAILABLE', 'RIGHTS', 'LAYOUT');
}

export function beginOutage(parts: Parts, dependency: string, call: object, why: string): void {
  const { health, metrics, logger } = parts;
  metrics.connectionFailures.inc({ to: dependency });
  if (health.outages.begin(dependency, call, why)) {
    logger.error({ event: 'outage.began', dependency, why }, `${dependency} does not let us work: ${why}`);
    metrics.outages.inc({ kind: dependency });
  }
  showDependency(health, metrics, dependency);
}

export function endOutage({ health, metrics, logger }: Parts, dependency: string, call: object): void {
  if (health.outages.end(dependency, call))
    logger.info({ event: 'outage.ended', dependency }, `${dependency} works again`);
  showDependency(health, metrics, dependency);
}

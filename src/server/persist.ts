import { hasCode } from '../domain/errors.js';
import { backoffMs } from '../runtime/retry.js';
import { untilStopped } from '../runtime/until-stopped.js';
import { noteDependency } from './health.js';
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
  for (let attempt = 1; ; attempt++) {
    signal.throwIfAborted();
    try {
      const result = await untilStopped(work(), signal);
      endOutage(parts, dependency);
      return result;
    } catch (error) {
      if (!hasCode(error, 'UNAVAILABLE', 'RIGHTS', 'LAYOUT')) throw error;
      beginOutage(parts, dependency, error.message);
      parts.metrics.connectionFailures.inc({ to: dependency });
      await parts.clock.sleep(backoffMs(attempt, BACKOFF, parts.random), { signal });
    }
  }
}

function beginOutage(parts: Parts, dependency: string, why: string): void {
  if (!parts.health.outages.has(dependency)) {
    parts.logger.error(
      { event: 'outage.began', dependency, why },
      `${dependency} does not let us work: ${why}`,
    );
    parts.metrics.outages.inc({ kind: dependency });
  }
  noteDependency(parts.health, parts.metrics, dependency, why);
}

function endOutage(parts: Parts, dependency: string): void {
  if (parts.health.outages.has(dependency)) {
    parts.logger.info({ event: 'outage.ended', dependency }, `${dependency} works again`);
  }
  noteDependency(parts.health, parts.metrics, dependency);
}

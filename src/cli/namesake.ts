import type { Northbound } from '../northbound/northbound.js';
import type { Logger } from '../runtime/logger.js';
import { ago } from './table.js';

interface Parts {
  readonly northbound: Northbound;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/**
 * Warns before a server takes over from one of its own name that lives, by all that the northbound database knows: it may
 * be this one before it crashed, or another host's, which then ends. A look that
 * fails keeps nobody from starting: to join tells what is wrong.
 */
export async function warnOfNamesake(id: string, { northbound, logger, signal }: Parts): Promise<void> {
  const listeners = await northbound.listeners({ signal }).catch(() => []);
  const namesake = listeners.find((listener) => listener.id === id);
  if (namesake === undefined || namesake.state === 'lapsed') return;
  const { ageMs, program } = namesake;
  logger.warn(
    { event: 'listener.namesake', id, ageMs },
    `a server named "${id}", of version ${program}, was heard from ${ago(ageMs)}; this one takes over from it. ` +
      'Unless that was this one before it crashed, give each server a listener.id of its own',
  );
}

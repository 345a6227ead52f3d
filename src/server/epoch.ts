import { PortStatusError } from '../domain/errors.js';
import { persist } from './persist.js';
import type { ServerParts } from './session.js';
import type { Health } from './health.js';

type Parts = Pick<ServerParts, 'northbound' | 'neutron' | 'clock' | 'random' | 'logger' | 'metrics'> & {
  readonly health: Health;
};

/**
 * The number of the incarnation in the ledger; the first server that joins an incarnation gives it the next one.
 *
 * It is the next after the greatest that there was *before* we saw that the incarnation is the present one. Whoever came
 * later has seen a later incarnation, and has to find that number taken: so later ones have greater numbers.
 *
 * @throws {PortStatusError} REGISTRATION_LOST when the northbound data is another meanwhile.
 */
export async function numberOf(parts: Parts, incarnation: string, signal: AbortSignal): Promise<number> {
  const { northbound, neutron } = parts;
  for (;;) {
    const { epoch, greatest } = await persist(parts, 'neutron', signal, () => neutron.epochOf(incarnation));
    if (epoch !== undefined) return epoch;
    const present = await persist(parts, 'northbound', signal, () => northbound.incarnation({ signal }));
    if (present !== incarnation) throw dataChanged();
    await persist(parts, 'neutron', signal, () => neutron.enterIncarnation(incarnation, greatest + 1));
  }
}

export function dataChanged(): PortStatusError {
  return new PortStatusError('REGISTRATION_LOST', 'the northbound data changed');
}

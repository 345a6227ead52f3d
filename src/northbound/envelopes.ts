import { PortStatusError } from '../domain/errors.js';
import type { Envelope } from '../domain/wire.js';

/**
 * Checks what a chassis is about to publish.
 *
 * @throws {PortStatusError} BUG when an envelope is another chassis' or when a port stands twice.
 */
export function checkEnvelopes(chassis: string, envelopes: readonly Envelope[]): void {
  const foreign = envelopes.find((envelope) => envelope.chassis !== chassis);
  if (foreign !== undefined) {
    throw new PortStatusError(
      'BUG',
      `chassis ${chassis} published a report of chassis ${foreign.chassis}; publish it under that one's registration`,
    );
  }
  if (new Set(envelopes.map(({ portId }) => portId)).size < envelopes.length) {
    throw new PortStatusError(
      'BUG',
      `chassis ${chassis} published a port twice in one call; keep the newest report of each port only`,
    );
  }
}

/** The greatest revision among the envelopes, or `least` where that is greater. */
export function greatestRevision(envelopes: readonly Envelope[], least: number): number {
  return envelopes.reduce((greatest, { revision }) => Math.max(greatest, revision), least);
}

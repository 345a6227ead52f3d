import type { StoredReport } from './northbound.js';

/**
 * Engines store a place as text: the listener's name, or this for "pending, but in nobody's topic". No listener bears
 * an empty name (see `checkName`).
 */
export const UNASSIGNED = '';

/** A stored place as callers see it, and since when a report has been pending. */
export function parsePlace(
  place: string | undefined,
  pendingSinceMs: number,
): Pick<StoredReport, 'place' | 'pendingSinceMs'> {
  if (place === undefined) return { place: undefined };
  const kind =
    place === UNASSIGNED ? { kind: 'unassigned' as const } : { kind: 'topic' as const, listener: place };
  return { place: kind, pendingSinceMs };
}

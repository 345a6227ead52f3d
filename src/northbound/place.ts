import type { StoredReport } from './northbound.js';

/**
 * Engines store a place as text: the listener's name, or this for "pending, but in nobody's topic". No listener bears
 * an empty name (see `checkName`).
 */
export const UNASSIGNED = '';

/** A stored place as callers see it. */
export function parsePlace(place: string | undefined): StoredReport['place'] {
  if (place === undefined) return undefined;
  return place === UNASSIGNED ? { kind: 'unassigned' } : { kind: 'topic', listener: place };
}

import { UNASSIGNED } from '../place.js';
import type { Session } from './session.js';

/** Topics of listeners that were given all that is there: only they may have somebody who waits. */
export function findQuietTopics(session: Session): ReadonlySet<string> {
  const rows = session.rows<{ readonly id: string }>(
    `SELECT id FROM listeners
     WHERE NOT EXISTS (SELECT 1 FROM reports WHERE place = listeners.id AND sequence > listeners.cursor)`,
  );
  return new Set(rows.map(({ id }) => id));
}

/** Rings for those of the topics that were quiet before something was put there, and for whoever adopts. */
export function ringQuiet(session: Session, quiet: ReadonlySet<string>, topics: readonly string[]): void {
  for (const topic of new Set(topics)) if (topic === UNASSIGNED || quiet.has(topic)) session.ring(topic);
}

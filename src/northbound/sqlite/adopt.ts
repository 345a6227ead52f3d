import type { Adoption, Membership } from '../northbound.js';
import { UNASSIGNED } from '../place.js';
import { drawPlace, findCandidates, findListener, judge } from './listeners.js';
import type { ListenerRow } from './listeners.js';
import { takePositions } from './meta.js';
import type { Session } from './session.js';
import { findQuietTopics, ringQuiet } from './topics.js';

/** Whether `adopt` would find a topic to take over: spares a transaction where it would not. */
export function isAnythingAbandoned(session: Session, membership: Membership): boolean {
  findListener(session, membership);
  return findLapsed(session, membership.id).length > 0 || findOrphans(session).length > 0;
}

/** Moves up to `max` reports that nobody handles to listeners drawn for each. */
export function adopt(session: Session, membership: Membership, max: number): Adoption {
  findListener(session, membership);
  const candidates = findCandidates(session);
  if (candidates.length === 0) return { moved: 0, takenOver: [], more: false };
  const lapsed = findLapsed(session, membership.id);
  fence(session, lapsed);
  const abandoned = [...findOrphans(session), ...lapsed];
  const rowids = takeFirst(session, abandoned, max);
  moveReports(session, rowids, candidates);
  const filled = abandoned.filter((name) => hasPending(session, name));
  const takenOver = lapsed.filter((name) => !filled.includes(name));
  session.run(
    'DELETE FROM listeners WHERE id IN (SELECT value FROM json_each(?))',
    JSON.stringify(takenOver),
  );
  return { moved: rowids.length, takenOver, more: filled.length > 0 };
}

function findLapsed(session: Session, adopter: string): readonly string[] {
  const rows = session.rows<ListenerRow>('SELECT * FROM listeners WHERE id <> ? ORDER BY id', adopter);
  return rows.filter((row) => judge(row, session.now()) === 'lapsed').map(({ id }) => id);
}

/** From here on these listeners can only join anew; one that waits for reports learns it. */
function fence(session: Session, names: readonly string[]): void {
  for (const name of names) {
    session.run('UPDATE listeners SET fenced = 1 WHERE id = ?', name);
    session.ring(name);
  }
}

/** Topics without a registration, and the unassigned: goes from topic to topic, not from report to report. */
function findOrphans(session: Session): readonly string[] {
  const rows = session.rows<{ readonly place: string }>(
    `WITH RECURSIVE topic (place) AS (
       SELECT min(place) FROM reports WHERE place >= '${UNASSIGNED}'
       UNION ALL
       SELECT (SELECT min(place) FROM reports WHERE place > topic.place) FROM topic WHERE topic.place IS NOT NULL
     )
     SELECT place FROM topic WHERE place IS NOT NULL AND place NOT IN (SELECT id FROM listeners)`,
  );
  return rows.map(({ place }) => place);
}

function takeFirst(session: Session, topics: readonly string[], max: number): readonly number[] {
  const rowids: number[] = [];
  for (const topic of topics) {
    const rows = session.rows<{ readonly rowid: number }>(
      'SELECT rowid FROM reports WHERE place = ? ORDER BY sequence LIMIT ?',
      topic,
      max - rowids.length,
    );
    rowids.push(...rows.map(({ rowid }) => rowid));
  }
  return rowids;
}

function moveReports(session: Session, rowids: readonly number[], candidates: readonly string[]): void {
  const quiet = findQuietTopics(session);
  const position = takePositions(session, rowids.length);
  const moves = rowids.map((rowid) => [rowid, drawPlace(session, candidates)] as const);
  session.run(
    `UPDATE reports SET place = move.value ->> 1, sequence = ? + move.key + 1
     FROM json_each(?) AS move WHERE reports.rowid = move.value ->> 0`,
    position,
    JSON.stringify(moves),
  );
  ringQuiet(
    session,
    quiet,
    moves.map(([, place]) => place),
  );
}

function hasPending(session: Session, topic: string): boolean {
  return session.rows('SELECT 1 FROM reports WHERE place = ? LIMIT 1', topic).length > 0;
}

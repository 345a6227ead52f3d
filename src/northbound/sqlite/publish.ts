import type { Envelope } from '../../domain/wire.js';
import { checkEnvelopes, greatestRevision } from '../envelopes.js';
import type { ChassisRegistration } from '../northbound.js';
import { findChassis } from './chassis.js';
import { drawPlace, findCandidates } from './listeners.js';
import { incarnationOf, takePositions } from './meta.js';
import type { Session } from './session.js';
import { findQuietTopics, ringQuiet } from './topics.js';

/** Stores the reports that are not late, with their places, and rings for each topic that had nothing waiting. */
export function publish(
  session: Session,
  registration: ChassisRegistration,
  envelopes: readonly Envelope[],
): { readonly stored: number; readonly late: number } {
  checkEnvelopes(registration.chassis, envelopes);
  const { chassis, max_revision: maxRevision } = findChassis(session, registration);
  const fresh = envelopes.filter(({ revision }) => revision > maxRevision);
  if (fresh.length > 0) {
    const quiet = findQuietTopics(session);
    ringQuiet(session, quiet, storeReports(session, chassis, fresh));
    const greatest = greatestRevision(fresh, maxRevision);
    session.run('UPDATE chassis SET max_revision = ? WHERE chassis = ?', greatest, chassis);
  }
  return { stored: fresh.length, late: envelopes.length - fresh.length };
}

/** How far the listener was given that topic; NULL where the place is nobody's or is being taken over. */
const SERVED_TO = '(SELECT cursor FROM listeners WHERE id = reports.place AND fenced = 0)';

/**
 * Content and place in one statement. A report that waits where somebody will find it stays; one that was given already
 * waits again at the end of that topic; else the drawn place.
 */
const STORE = `
  INSERT INTO reports (chassis, port, revision, version, is_down, body, incarnation,
    published_at, pending_since, place, sequence)
  SELECT ?1, value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, ?2, ?3, ?3, value ->> 5, ?4 + key + 1
  FROM json_each(?5) WHERE true
  ON CONFLICT (chassis, port) DO UPDATE SET
    revision = excluded.revision, version = excluded.version, is_down = excluded.is_down, body = excluded.body,
    incarnation = excluded.incarnation, published_at = excluded.published_at,
    pending_since = iif(place IS NULL, excluded.pending_since, pending_since),
    place = iif(${SERVED_TO} IS NULL, excluded.place, place),
    sequence = iif(sequence > ${SERVED_TO}, sequence, excluded.sequence)
  RETURNING place`;

/** @returns the places of the reports. */
function storeReports(session: Session, chassis: string, fresh: readonly Envelope[]): readonly string[] {
  const candidates = findCandidates(session);
  const values = fresh.map(({ portId, revision, version, isDown, body }) => [
    portId,
    revision,
    version,
    isDown,
    body,
    drawPlace(session, candidates),
  ]);
  const position = takePositions(session, fresh.length);
  return session
    .rows<{
      readonly place: string;
    }>(STORE, chassis, incarnationOf(session), session.now(), position, JSON.stringify(values))
    .map(({ place }) => place);
}

import type { TopicView } from '../northbound.js';
import { UNASSIGNED } from '../place.js';
import { measureTopic } from './listeners.js';
import type { Session } from './session.js';

/** Topics of registered listeners, and those where something waits. */
export function listTopics(session: Session): readonly TopicView[] {
  const registered = session.rows<{ readonly id: string }>('SELECT id FROM listeners');
  const names = new Set([...registered.map(({ id }) => id), ...filledPlaces(session)]);
  return [...names].sort().map((name) => viewTopic(session, name));
}

/** Jumps from place to place in the index of what is pending, instead of walking over it. */
function* filledPlaces(session: Session): Generator<string> {
  const from = (condition: string, after: string): string | undefined =>
    session.rows<{ readonly place: string }>(
      `SELECT place FROM reports WHERE place ${condition} ORDER BY place LIMIT 1`,
      after,
    )[0]?.place;
  for (let place = from('>= ?', UNASSIGNED); place !== undefined; place = from('> ?', place)) yield place;
}

function viewTopic(session: Session, name: string): TopicView {
  const [oldest] = session.rows<{ readonly port: string; readonly chassis: string }>(
    'SELECT port, chassis FROM reports WHERE place = ? ORDER BY sequence LIMIT 1',
    name,
  );
  return {
    listener: name === UNASSIGNED ? undefined : name,
    ...measureTopic(session, name),
    oldest: oldest && { portId: oldest.port, chassis: oldest.chassis },
  };
}

import type { TopicView } from '../northbound.js';
import { UNASSIGNED } from '../place.js';
import { parsePointer } from './layout.js';
import { under } from './operations.js';
import type { Session } from './session.js';
import { measureTopic, topicRanges } from './topic-load.js';

/** Topics of registered listeners, and those where something waits: whoever leaves one leaves a mark. */
export async function listTopics(session: Session): Promise<readonly TopicView[]> {
  const { keys } = session;
  const { answers } = await session.read(
    under(keys.listeners, { wanted: 'keys' }),
    under(keys.left, { wanted: 'keys' }),
  );
  const [registered = [], left = []] = [keys.listeners, keys.left].map((prefix, index) =>
    (answers[index]?.kvs ?? []).map(({ key }) => key.slice(prefix.length)),
  );
  const names = [...new Set([UNASSIGNED, ...registered, ...left])].sort();
  const views = await Promise.all(names.map((name) => viewTopic(session, name)));
  return views.filter(({ backlog }, index) => backlog > 0 || registered.includes(names[index] ?? UNASSIGNED));
}

async function viewTopic(session: Session, name: string): Promise<TopicView> {
  const { answers } = await session.read(...topicRanges(session.keys, name, undefined));
  const [oldest] = answers[1]?.kvs ?? [];
  return {
    listener: name === UNASSIGNED ? undefined : name,
    ...measureTopic(answers, session.now()),
    oldest: oldest && parsePointer(session.keys.topic(name), oldest.key),
  };
}

import type { ReportKey } from '../../domain/report.js';
import type { TopicView } from '../northbound.js';
import { UNASSIGNED } from '../place.js';
import type { MemoryDatabase } from './database.js';
import type { ReportRecord } from './state.js';
import { entriesOf, measureTopic, sizeOf, topicOf } from './topics.js';

/** Topics of registered listeners, and those where something waits. */
export function listTopics(database: MemoryDatabase): readonly TopicView[] {
  const { listeners, topics } = database.state;
  const filled = [...topics.keys()].filter((name) => sizeOf(topicOf(database.state, name)) > 0);
  return [...new Set([...listeners.keys(), ...filled])].sort().map((name) => viewTopic(database, name));
}

function viewTopic(database: MemoryDatabase, name: string): TopicView {
  const topic = topicOf(database.state, name);
  const [oldest] = entriesOf(topic);
  return {
    listener: name === UNASSIGNED ? undefined : name,
    ...measureTopic(topic, database.now()),
    oldest: oldest && keyOf(oldest),
  };
}

function keyOf({ envelope: { portId, chassis } }: ReportRecord): ReportKey {
  return { portId, chassis };
}

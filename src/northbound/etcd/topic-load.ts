import type { TopicLoad } from '../northbound.js';
import type { Keys } from './layout.js';
import { under } from './operations.js';
import type { Range, RangeAnswer } from './operations.js';

/** What `measureTopic` measures. To find the oldest, etcd looks at all that is pending. */
export function topicRanges(keys: Keys, listener: string): readonly Range[] {
  const topic = keys.topic(listener);
  return [under(topic, { wanted: 'count' }), under(topic, { limit: 1, isOldestFirst: true })];
}

/** By the clocks of who published and of who asks. */
export function measureTopic(
  [all, oldest]: readonly RangeAnswer[],
  now: number,
): Omit<TopicLoad, 'isDraining'> {
  const since = Number(oldest?.kvs[0]?.value ?? now);
  return { backlog: all?.count ?? 0, oldestMs: Number.isFinite(since) ? Math.max(0, now - since) : 0 };
}

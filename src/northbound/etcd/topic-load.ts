import type { TopicLoad } from '../northbound.js';
import type { Keys } from './layout.js';
import { at, under } from './operations.js';
import type { Range, RangeAnswer } from './operations.js';

/**
 * What `measureTopic` measures.
 *
 * @param oldest the pointer that waits longest, where that is known: to find it, etcd sorts all that is pending.
 */
export function topicRanges(keys: Keys, listener: string, oldest: string | undefined): readonly Range[] {
  const topic = keys.topic(listener);
  const first = oldest === undefined ? under(topic, { limit: 1, isOldestFirst: true }) : at(oldest);
  return [under(topic, { wanted: 'count' }), first];
}

/** By the clocks of who published and of who asks. */
export function measureTopic(
  [all, oldest]: readonly RangeAnswer[],
  now: number,
): Omit<TopicLoad, 'isDraining'> {
  const since = Number(oldest?.kvs[0]?.value ?? now);
  return { backlog: all?.count ?? 0, oldestMs: Number.isFinite(since) ? Math.max(0, now - since) : 0 };
}

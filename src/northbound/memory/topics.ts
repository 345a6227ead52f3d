import type { TopicLoad } from '../northbound.js';
import { createTopic } from './state.js';
import type { MemoryState, ReportRecord, Topic } from './state.js';

/** The topic of that name, which is made where there is none. */
export function topicOf(state: MemoryState, name: string): Topic {
  const found = state.topics.get(name);
  if (found !== undefined) return found;
  const topic = createTopic();
  state.topics.set(name, topic);
  return topic;
}

export function sizeOf({ given, waiting }: Topic): number {
  return given.size + waiting.size;
}

/** What is pending in the topic, in its order. */
export function* entriesOf({ given, waiting }: Topic): Generator<ReportRecord> {
  yield* given;
  yield* waiting;
}

/** Puts a report at the tail of a topic, whether or not it was given before. */
export function putInto(state: MemoryState, name: string, record: ReportRecord): void {
  const topic = topicOf(state, name);
  topic.given.delete(record);
  topic.waiting.add(record);
  record.place = name;
}

/** Takes a report out of the topic where it is pending; it then has no place. */
export function takeOut(state: MemoryState, record: ReportRecord): void {
  if (record.place === undefined) return;
  const { given, waiting } = topicOf(state, record.place);
  given.delete(record);
  waiting.delete(record);
  record.place = undefined;
}

/** Makes everything in the topic wait again, in its old order. */
export function giveAgain({ given, waiting }: Topic): void {
  const later = [...waiting];
  waiting.clear();
  for (const record of [...given, ...later]) waiting.add(record);
  given.clear();
}

export function measureTopic(topic: Topic, now: number): Omit<TopicLoad, 'isDraining'> {
  const oldest = entriesOf(topic).next();
  const oldestMs = oldest.done === true ? 0 : now - oldest.value.pendingSince;
  return { backlog: sizeOf(topic), oldestMs };
}

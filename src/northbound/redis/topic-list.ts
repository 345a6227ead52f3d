import type { TopicView } from '../northbound.js';
import { decodeName, NOBODY } from './layout.js';
import { ageOf } from './listeners.js';
import { topicKeys } from './places.js';
import { listOf, numberOf, textOf } from './replies.js';
import { defineScript } from './script.js';
import type { Reply } from './session.js';
import type { RedisStore } from './store.js';

/** KEYS: topics from 3. Returns `{'ok', now, {backlog, oldest pointer or nothing}…}`. */
const MEASURE = defineScript(`
local answer = {'ok', now}
for key = 3, #KEYS, 2 do
  local topic = {waiting = KEYS[key], given = KEYS[key + 1]}
  local oldest = redis.call('ZRANGE', topic.given, 0, 0)[1] or redis.call('ZRANGE', topic.waiting, 0, 0)[1]
  answer[#answer + 1] = {sizeOf(topic), oldest or ''}
end
return answer
`);

/** Topics of registered listeners, and those where something waits: whoever leaves one stays in the set of topics. */
export async function listTopics(store: RedisStore): Promise<readonly TopicView[]> {
  const { keys, run, send } = store;
  const [registered = [], left = []] = (
    await send([
      ['HKEYS', keys.listeners()],
      ['SMEMBERS', keys.topics()],
    ])
  ).map((reply) => listOf(reply).map(textOf));
  const places = [NOBODY, ...new Set([...registered, ...left])];
  const [, now, ...rows] = await run(MEASURE, topicKeys(keys, places), []);
  const views = await Promise.all(
    rows.map((row, index) => viewTopic(store, places[index] ?? NOBODY, listOf(row), numberOf(now))),
  );
  return views
    .filter(({ backlog }, index) => backlog > 0 || registered.includes(places[index] ?? NOBODY))
    .sort(({ listener: a = '' }, { listener: b = '' }) => (a < b ? -1 : 1));
}

async function viewTopic(
  store: RedisStore,
  place: string,
  [backlog, oldest]: readonly Reply[],
  now: number,
): Promise<TopicView> {
  const pointer = textOf(oldest);
  const listener = place === NOBODY ? undefined : decodeName(place);
  if (pointer === '') return { listener, backlog: numberOf(backlog), oldestMs: 0 };
  const [chassis = '', portId = ''] = pointer.split('/');
  return {
    listener,
    backlog: numberOf(backlog),
    oldestMs: await ageOf(store, pointer, now),
    oldest: { chassis: decodeName(chassis), portId },
  };
}

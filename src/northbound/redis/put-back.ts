import type { ReportKey } from '../../domain/report.js';
import { pointerOf, pointTo } from './deliver.js';
import { readRecords } from './listing.js';
import { topicArgs, topicKeys } from './places.js';
import { numberOf } from './replies.js';
import { defineScript } from './script.js';
import type { RedisStore } from './store.js';

/** Reports in one script. */
const CHUNK = 500;

/** What both scripts ask of a topic. */
const IS_IN = `
local function isIn(topic, pointer)
  return redis.call('ZSCORE', topic.waiting, pointer) or redis.call('ZSCORE', topic.given, pointer)
end
`;

/**
 * Finds pending reports whose entry is gone. One that moves to another topic meanwhile is not missing.
 *
 * KEYS: topics from 3, then reports of chassis. ARGV: topics from 2; then of each report: pointer, number of its KEY.
 * Returns `{'ok', numbers of those reports from 0…}`.
 */
const FIND_LOST = defineScript(`${IS_IN}
local topics, _, first = readTopics(3, 2)
local lost = {'ok'}
for arg = first, #ARGV, 2 do
  local pointer, reports = ARGV[arg], KEYS[tonumber(ARGV[arg + 1])]
  local topic = topics[placeOf(redis.call('HGET', reports, portOf(pointer))) or '']
  if topic and not isIn(topic, pointer) then lost[#lost + 1] = (arg - first) / 2 end
end
return lost
`);

/** Finds what somebody removed. */
export async function findLost(
  store: RedisStore,
  reports: readonly ReportKey[],
): Promise<readonly ReportKey[]> {
  const lost: ReportKey[] = [];
  for (let first = 0; first < reports.length; first += CHUNK) {
    lost.push(...(await findLostChunk(store, reports.slice(first, first + CHUNK))));
  }
  return lost;
}

async function findLostChunk(
  store: RedisStore,
  reports: readonly ReportKey[],
): Promise<readonly ReportKey[]> {
  const places = await placesOf(store, reports);
  const topics = topicKeys(store.keys, places);
  const pointed = pointTo(store.keys, reports.map(pointerOf), topics.length);
  const answer = await store.run(
    FIND_LOST,
    [...topics, ...pointed.keys],
    [...topicArgs(places), ...pointed.args],
  );
  const numbers = new Set(answer.slice(1).map(numberOf));
  return reports.filter((_, index) => numbers.has(index));
}

/**
 * Puts pending reports into the topics in which they are by their records, where the entry is gone. What waits for a
 * listener that is not registered, and what is unassigned, is placed anew.
 *
 * KEYS: topics from 3, then reports of chassis. ARGV: topics from 2, those of the reports' places too; then of each report:
 * pointer, number of its KEY, draw. Returns `{'ok', how many}` or `{'listeners', …}`.
 */
const PUT_BACK = defineScript(`${IS_IN}
local fenced, places, candidates = readStandings()
local topics, _, first = readTopics(3, 2)
local unnamed = findUnnamed(topics, places)
if unnamed then return unnamed end
local count, moves = 0, {}
for arg = first, #ARGV, 3 do
  local pointer, reports = ARGV[arg], KEYS[tonumber(ARGV[arg + 1])]
  local text = redis.call('HGET', reports, portOf(pointer))
  local place = placeOf(text)
  local topic = place and topics[place]
  if topic and not isIn(topic, pointer) then
    if fenced[place] == nil then
      local record = decodeRecord(text)
      record.place = drawPlace(candidates, ARGV[arg + 2])
      place = record.place
      redis.call('HSET', reports, portOf(pointer), encodeRecord(record))
    end
    add(moves, place, pointer)
    count = count + 1
  end
end
putAll(topics, moves)
return {'ok', count}
`);

/** Puts back what somebody removed. @returns how many were missing. */
export async function putBack(store: RedisStore, reports: readonly ReportKey[]): Promise<number> {
  let count = 0;
  for (let first = 0; first < reports.length; first += CHUNK) {
    count += await putBackChunk(store, reports.slice(first, first + CHUNK));
  }
  return count;
}

async function putBackChunk(store: RedisStore, reports: readonly ReportKey[]): Promise<number> {
  const { run, keys, places, random } = store;
  const theirs = await placesOf(store, reports);
  const answer = await places.run({ run }, PUT_BACK, (known) => {
    const all = [...new Set([...known, ...theirs])];
    const topics = topicKeys(keys, all);
    const pointed = pointTo(keys, reports.map(pointerOf), topics.length);
    const drawn = reports.flatMap((_, index) => [
      ...pointed.args.slice(2 * index, 2 * index + 2),
      String(random.next()),
    ]);
    return {
      keys: [...topics, ...pointed.keys],
      args: [...topicArgs(all), ...drawn],
    };
  });
  return numberOf(answer[1]);
}

/** Where these reports are pending. */
async function placesOf(store: RedisStore, reports: readonly ReportKey[]): Promise<readonly string[]> {
  const places = (await readRecords(store, reports)).map(({ place }) => place);
  return [...new Set(places)].filter((place) => place !== '');
}

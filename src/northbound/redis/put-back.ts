import type { ReportKey } from '../../domain/report.js';
import type { Membership } from '../northbound.js';
import { pointerOf, pointTo } from './deliver.js';
import { admitMember, memberArgs } from './membership.js';
import { readRecords } from './listing.js';
import { topicArgs, topicKeys } from './places.js';
import { numberOf } from './replies.js';
import { defineScript } from './script.js';
import type { RedisStore } from './store.js';

/** Reports in one script. */
const CHUNK = 500;

/**
 * Puts pending reports into the topics in which they are by their records, where the entry is gone. What waits for a
 * listener that is not registered, and what is unassigned, is placed anew.
 *
 * KEYS: topics from 3, then reports of chassis. ARGV: 2 incarnation, 3 name, 4 generation; then topics, those of the reports'
 * places too; then of each report: pointer, number of its KEY, draw. Returns `{'ok', how many}`, `{'refused', number}` or
 * `{'listeners', …}`.
 */
const PUT_BACK = defineScript(`
local _, refused = findMember(ARGV[2], ARGV[3], ARGV[4])
if refused then return refused end
local registered, places = readListeners()
local topics, _, first = readTopics(3, 5)
local unnamed = findUnnamed(topics, places)
if unnamed then return unnamed end
local candidates = findCandidates(registered)
local count, moves = 0, {}
for arg = first, #ARGV, 3 do
  local pointer, reports = ARGV[arg], KEYS[tonumber(ARGV[arg + 1])]
  local text = redis.call('HGET', reports, portOf(pointer))
  local place = placeOf(text)
  local topic = place and topics[place]
  if topic and not redis.call('ZSCORE', topic.waiting, pointer) and not redis.call('ZSCORE', topic.given, pointer) then
    if not registered[place] then
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
export async function putBack(
  store: RedisStore,
  membership: Membership,
  reports: readonly ReportKey[],
): Promise<number> {
  let count = 0;
  for (let first = 0; first === 0 || first < reports.length; first += CHUNK) {
    count += await putBackChunk(store, membership, reports.slice(first, first + CHUNK));
  }
  return count;
}

async function putBackChunk(
  store: RedisStore,
  membership: Membership,
  reports: readonly ReportKey[],
): Promise<number> {
  const { run, keys, places, random } = store;
  const records = await readRecords(store, reports);
  const theirs = records.map(({ place }) => place).filter((place) => place !== '');
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
      args: [...memberArgs(membership), ...topicArgs(all), ...drawn],
    };
  });
  return numberOf(admitMember(answer, membership)[1]);
}

import type { Adoption, Membership } from '../northbound.js';
import { pointTo } from './deliver.js';
import { decodeName, NOBODY } from './layout.js';
import { admitMember, memberArgs, runAs } from './membership.js';
import { topicArgs, topicKeys } from './places.js';
import { bytesOf, listOf, numberOf, textOf } from './replies.js';
import { defineScript } from './script.js';
import type { RedisStore } from './store.js';

/** Reports moved in one script: Redis serves nobody else for the few milliseconds that it takes. */
const CHUNK = 500;

/**
 * Finds what nobody handles, and fences the lapsed: from here on they can only join anew; one that waits learns it. A
 * timestamp ahead of the clock, which was set back, counts from now on. Where nobody could be given anything, nothing is
 * found.
 *
 * KEYS: 3 topics, 4 the unassigned. ARGV: 2 incarnation, 3 name, 4 generation. Returns `{'ok', places…}` or
 * `{'refused', number}`.
 */
const FIND = defineScript(`
local _, refused = findMember(ARGV[2], ARGV[3], ARGV[4])
if refused then return refused end
local _, _, candidates = readStandings()
if #candidates == 0 then return {'ok'} end
local registered, places = readListeners()
local found, lapsed = {'ok'}, {}
if redis.call('ZCARD', KEYS[4]) > 0 then found[2] = NOBODY end
for _, place in ipairs(redis.call('SMEMBERS', KEYS[3])) do
  if not registered[place] then found[#found + 1] = place end
end
table.sort(places)
for _, place in ipairs(places) do
  local one = registered[place]
  if one.timestamp > now then
    one.timestamp = now
    storeListener(place, one)
  end
  if place ~= ARGV[3] and judge(one.timestamp, one.ttl, one.fenced, one.draining) == 'lapsed' then
    if not one.fenced then
      one.fenced = true
      storeListener(place, one)
      ring(place)
    end
    found[#found + 1] = place
  end
end
return found
`);

/**
 * Moves reports from one topic to listeners that are drawn for each, and ends the topic, with its registration, when it is
 * empty. Pointers to what is not pending there are dropped. Nothing is moved from a listener that has joined again.
 *
 * KEYS: 3 topics, 4 what waits and 5 what was given of the topic, then topics, then reports of chassis. ARGV: 2 incarnation,
 * 3 name, 4 generation, 5 the topic's place; then topics; then of each pointer: itself, the number of its KEY, draw. Returns
 * `{'ok', moved, left, 1 where a registration ended}`, `{'refused', number}` or `{'listeners', …}`.
 */
const MOVE = defineScript(`
local _, refused = findMember(ARGV[2], ARGV[3], ARGV[4])
if refused then return refused end
local source, from = ARGV[5], {waiting = KEYS[4], given = KEYS[5]}
local fenced, places, candidates = readStandings()
local topics, _, first = readTopics(6, 6)
local unnamed = findUnnamed(topics, places)
if unnamed then return unnamed end
if #candidates == 0 or fenced[source] == false then return {'ok', 0, 0, 0} end

local moved, moves, pointers = 0, {}, {}
for arg = first, #ARGV, 3 do
  local pointer, reports = ARGV[arg], KEYS[tonumber(ARGV[arg + 1])]
  local text = redis.call('HGET', reports, portOf(pointer))
  pointers[#pointers + 1] = pointer
  if text and placeOf(text) == source then
    local record = decodeRecord(text)
    record.place = drawPlace(candidates, ARGV[arg + 2])
    redis.call('HSET', reports, portOf(pointer), encodeRecord(record))
    add(moves, record.place, pointer)
    moved = moved + 1
  end
end
takeOut(from, pointers)
putAll(topics, moves)
local left, ended = sizeOf(from), 0
if left == 0 then
  redis.call('SREM', KEYS[3], source)
  ended = redis.call('HDEL', listeners, source)
end
return {'ok', moved, left, ended}
`);

interface Move {
  readonly moved: number;
  readonly left: number;
  readonly hasEnded: boolean;
}

/** Moves up to `max` reports that nobody handles to listeners drawn for each. */
export async function adopt(store: RedisStore, membership: Membership, max: number): Promise<Adoption> {
  const { keys } = store;
  const [, ...found] = await runAs(store, membership, FIND, [keys.topics(), keys.topic(NOBODY)]);
  let [moved, left] = [0, 0];
  const takenOver: string[] = [];
  for (const place of found.map(textOf)) {
    const move = await moveAll(store, membership, place, max - moved);
    moved += move.moved;
    left += move.left;
    if (move.hasEnded) takenOver.push(decodeName(place));
  }
  return { moved, takenOver, more: left > 0 };
}

/** Also where nothing may be moved any more: a topic that is empty ends. */
async function moveAll(store: RedisStore, membership: Membership, place: string, max: number): Promise<Move> {
  let moved = 0;
  for (;;) {
    const most = Math.min(max - moved, CHUNK);
    const move = await moveChunk(store, membership, place, await findPointers(store, place, most));
    moved += move.moved;
    if (move.left === 0 || moved >= max) return { ...move, moved };
  }
}

/** What was given came before what waits. */
async function findPointers(
  { send, keys }: RedisStore,
  place: string,
  most: number,
): Promise<readonly Buffer[]> {
  if (most <= 0) return [];
  const last = String(most - 1);
  const replies = await send([
    ['ZRANGE', keys.given(place), '0', last],
    ['ZRANGE', keys.topic(place), '0', last],
  ]);
  return bytesOf(replies.flatMap(listOf)).slice(0, most);
}

async function moveChunk(
  { run, keys, places, random }: RedisStore,
  membership: Membership,
  place: string,
  pointers: readonly Buffer[],
): Promise<Move> {
  const answer = await places.run({ run }, MOVE, (known) => {
    const topics = [keys.topics(), ...topicKeys(keys, [place]), ...topicKeys(keys, known)];
    const reports = pointTo(keys, pointers, topics.length);
    const drawn = pointers.flatMap((_, index) => [
      ...reports.args.slice(2 * index, 2 * index + 2),
      String(random.next()),
    ]);
    return {
      keys: [...topics, ...reports.keys],
      args: [...memberArgs(membership), place, ...topicArgs(known), ...drawn],
    };
  });
  const [, moved, left, ended] = admitMember(answer, membership);
  return { moved: numberOf(moved), left: numberOf(left), hasEnded: numberOf(ended) === 1 };
}

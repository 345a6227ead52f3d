import type { Delivery, DeliveryRef, Membership } from '../northbound.js';
import type { Inbox } from './inbox.js';
import { decodeName, encodeName } from './layout.js';
import type { Keys } from './layout.js';
import { runAs } from './membership.js';
import { topicKeys } from './places.js';
import { parseRecord, writeRevision } from './record.js';
import { bytesOf, listOf, numberOf, textOf } from './replies.js';
import { defineScript } from './script.js';
import type { Argument, Reply } from './session.js';
import type { RedisStore } from './store.js';

export interface GiveOptions {
  readonly max: number;
  /** Whether what was given and not acknowledged is to be given again: an answer may have been lost. */
  readonly again: boolean;
  readonly inbox: Inbox;
}

/** Entries in one script: Redis serves nobody else for the few milliseconds that it takes. */
const CHUNK = 1000;

/**
 * Gives what the pointers lead to, drops those that lead to nothing pending here, and looks what else waits.
 *
 * KEYS: 3 what waits, 4 what was given, then reports of chassis. ARGV: 2 incarnation, 3 name, 4 generation, 5 how many of
 * the rest to name, then of each pointer: itself and the number of its KEY. Returns
 * `{'ok', now, {pointer, record…}, {pointer of the rest…}}`, the oldest first, or `{'refused', number}`.
 */
const GIVE = defineScript(`
local _, refused = findMember(ARGV[2], ARGV[3], ARGV[4])
if refused then return refused end
local pointers = {}
for arg = 6, #ARGV, 2 do pointers[#pointers + 1] = ARGV[arg] end
local positions = #pointers > 0 and redis.call('ZMSCORE', KEYS[3], unpack(pointers)) or {}
local found, given = {}, {}
for i, pointer in ipairs(pointers) do
  local record = positions[i] and redis.call('HGET', KEYS[tonumber(ARGV[5 + 2 * i])], portOf(pointer))
  if record and placeOf(record) == ARGV[3] then
    found[#found + 1] = pointer
    found[#found + 1] = record
    given[#given + 1] = positions[i]
    given[#given + 1] = pointer
  end
end
if #pointers > 0 then redis.call('ZREM', KEYS[3], unpack(pointers)) end
if #given > 0 then redis.call('ZADD', KEYS[4], unpack(given)) end
return {'ok', now, found, redis.call('ZRANGE', KEYS[3], 0, ARGV[5] - 1)}
`);

/**
 * Gives up to `max` reports that this membership was not given yet, oldest first. None: nothing waits.
 *
 * A script has to be told the keys of the records, so the pointers have to be known before: from the ring, or from what the
 * answer before left. What happens in between is what the script finds.
 */
export async function giveReports(
  store: RedisStore,
  membership: Membership,
  { max, again, inbox }: GiveOptions,
): Promise<readonly Delivery[]> {
  if (again) {
    inbox.forget();
    await giveAgain(store, membership);
  }
  const topic = topicKeys(store.keys, [encodeName(membership.id)]);
  const most = Math.min(max, CHUNK);
  const deliveries: Delivery[] = [];
  while (deliveries.length < most && (inbox.knowsMore || (deliveries.length === 0 && inbox.mayKnowMore))) {
    const { keys, args } = pointTo(store.keys, inbox.take(most - deliveries.length), topic.length);
    const answer = await runAs(store, membership, GIVE, [...topic, ...keys], [String(most), ...args]);
    const [, now, found, left] = answer;
    inbox.left(bytesOf(listOf(left)));
    deliveries.push(...toDeliveries(listOf(found), numberOf(now)));
  }
  return deliveries;
}

/**
 * The KEYS of the reports that pointers lead to, each once, and as ARGV each pointer with the number of its KEY.
 *
 * @param before how many KEYS stand before them, meta and listeners aside.
 */
export function pointTo(
  keys: Keys,
  pointers: readonly Buffer[],
  before: number,
): { readonly keys: readonly Argument[]; readonly args: readonly Argument[] } {
  const numbers = new Map<string, number>();
  const all: Argument[] = [];
  const args = pointers.flatMap((pointer) => {
    const text = pointer.toString('latin1');
    const isAscii = !FOREIGN.test(text);
    const chassis = text.slice(0, Math.max(0, text.indexOf('/')));
    let number = numbers.get(chassis);
    if (number === undefined) {
      const key = keys.reports(chassis);
      number = before + all.push(isAscii ? key : Buffer.from(key, 'latin1')) + 2;
      numbers.set(chassis, number);
    }
    return [isAscii ? text : pointer, String(number)];
  });
  return { keys: all, args };
}

/** Bytes that are no ASCII, as `latin1` reads them. What we write has none, and a command that is all text costs the client less. */
const FOREIGN = /[\x80-\xff]/;

function toDeliveries(found: readonly Reply[], now: number): readonly Delivery[] {
  const deliveries: Delivery[] = [];
  for (let index = 0; index < found.length; index += 2) {
    const [chassis = '', port = ''] = textOf(found[index]).split('/');
    const record = parseRecord(decodeName(chassis), port, textOf(found[index + 1]));
    if (record === undefined) continue;
    deliveries.push({ ...record.report, waitedMs: Math.max(0, now - record.publishedAt) });
  }
  return deliveries;
}

/**
 * KEYS: 3 what waits, 4 what was given. ARGV: 2 incarnation, 3 name, 4 generation, 5 the most. Returns
 * `{'ok', how many are left}` or `{'refused', number}`.
 */
const RETURN = defineScript(`
local _, refused = findMember(ARGV[2], ARGV[3], ARGV[4])
if refused then return refused end
local given = redis.call('ZRANGE', KEYS[4], 0, ARGV[5] - 1, 'WITHSCORES')
if #given == 0 then return {'ok', 0} end
local entries, pointers = {}, {}
for i = 1, #given, 2 do
  pointers[#pointers + 1] = given[i]
  entries[#entries + 1] = given[i + 1]
  entries[#entries + 1] = given[i]
end
redis.call('ZADD', KEYS[3], 'NX', unpack(entries))
redis.call('ZREM', KEYS[4], unpack(pointers))
return {'ok', redis.call('ZCARD', KEYS[4])}
`);

/** Makes what was given wait again, in its old order: before what came later. A crash half-way leaves the rest as given. */
export async function giveAgain(store: RedisStore, membership: Membership): Promise<void> {
  const topic = topicKeys(store.keys, [encodeName(membership.id)]);
  for (let left = 1; left > 0;) {
    const answer = await runAs(store, membership, RETURN, topic, [String(CHUNK)]);
    left = numberOf(answer[1]);
  }
}

/**
 * Takes off what still is as it was delivered.
 *
 * KEYS: 3 what waits, 4 what was given, then reports of chassis. ARGV: 2 incarnation, 3 name, 4 generation, then of each
 * delivery: pointer, number of its KEY, revision. Returns `{'ok', how many}` or `{'refused', number}`.
 */
const TAKE_OFF = defineScript(`
local _, refused = findMember(ARGV[2], ARGV[3], ARGV[4])
if refused then return refused end
local done = {}
for arg = 5, #ARGV, 3 do
  local pointer, reports = ARGV[arg], KEYS[tonumber(ARGV[arg + 1])]
  local text = redis.call('HGET', reports, portOf(pointer))
  if text and placeOf(text) == ARGV[3] and string.sub(text, 1, 16) == ARGV[arg + 2] then
    local record = decodeRecord(text)
    record.place = ''
    if record.isDown then redis.call('HDEL', reports, portOf(pointer))
    else redis.call('HSET', reports, portOf(pointer), encodeRecord(record)) end
    done[#done + 1] = pointer
  end
end
takeOut({waiting = KEYS[3], given = KEYS[4]}, done)
return {'ok', #done}
`);

/** Takes off the topic what still is as it was delivered. */
export async function acknowledge(
  store: RedisStore,
  membership: Membership,
  deliveries: readonly DeliveryRef[],
): Promise<number> {
  const topic = topicKeys(store.keys, [encodeName(membership.id)]);
  let count = 0;
  for (let first = 0; first === 0 || first < deliveries.length; first += CHUNK) {
    const chunk = deliveries.slice(first, first + CHUNK);
    const { keys, args } = pointTo(store.keys, chunk.map(pointerOf), topic.length);
    const refs = chunk.flatMap(({ revision }, index) => [
      ...args.slice(2 * index, 2 * index + 2),
      writeRevision(revision),
    ]);
    const answer = await runAs(store, membership, TAKE_OFF, [...topic, ...keys], refs);
    count += numberOf(answer[1]);
  }
  return count;
}

/** The entry of a topic that leads to this report. */
export function pointerOf({ chassis, portId }: Pick<DeliveryRef, 'chassis' | 'portId'>): Buffer {
  return Buffer.from(`${encodeName(chassis)}/${portId}`);
}

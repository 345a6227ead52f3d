import { stateOf } from '../../domain/listener.js';
import { checkName } from '../../domain/report.js';
import type {
  HeartbeatOptions,
  ListenerIdentity,
  ListenerView,
  Membership,
  TopicLoad,
  WorkDone,
} from '../northbound.js';
import { readVersions } from './chassis.js';
import { giveAgain } from './deliver.js';
import { decodeName, encodeName } from './layout.js';
import { memberArgs, runAs } from './membership.js';
import { topicArgs, topicKeys } from './places.js';
import { parseRecord } from './record.js';
import { listOf, maybeText, numberOf, textOf } from './replies.js';
import { defineScript } from './script.js';
import type { Reply } from './session.js';
import type { RedisStore } from './store.js';

/**
 * KEYS: 3 topics. ARGV: 2 name, 3 ttl, 4 versions, 5 program, 6 random part of the generation (see generation.ts). Returns
 * `{'ok', generation, incarnation}`.
 */
const JOIN = defineScript(`
local number = redis.call('HINCRBY', meta, 'registrations', 1)
local generation = number .. '-' .. ARGV[6]
storeListener(ARGV[2], {number = number, timestamp = now, ttl = ARGV[3], generation = generation, versions = ARGV[4],
  program = ARGV[5], done = ''})
redis.call('SADD', KEYS[3], ARGV[2])
ring(ARGV[2])
return {'ok', generation, redis.call('HGET', meta, 'incarnation')}
`);

/** Gives the listener's name to a new registration, which is given all that is pending in the topic. */
export async function join(store: RedisStore, identity: ListenerIdentity): Promise<Membership> {
  const { id, ttlMs, versions, program } = identity;
  const name = encodeName(checkName('listener', id));
  const args = [name, String(ttlMs), versions.join(','), program, store.random.id()];
  const [, generation, incarnation] = (await store.run(JOIN, [store.keys.topics()], args)).map(textOf);
  const membership = {
    id,
    ttlMs,
    versions,
    program,
    generation: generation ?? '',
    incarnation: incarnation ?? '',
  };
  await giveAgain(store, membership);
  return membership;
}

/**
 * KEYS: 3 what waits, 4 what was given. ARGV: 2 incarnation, 3 name, 4 generation, 5 what it has done, as it is stored.
 * Returns `{'ok', backlog, draining, now, waiting, oldest pointer}` or `{'refused', number}`.
 */
const BEAT = defineScript(`
local one, refused = findMember(ARGV[2], ARGV[3], ARGV[4])
if refused then return refused end
one.timestamp, one.done = now, ARGV[5]
storeListener(ARGV[3], one)
local topic = {waiting = KEYS[3], given = KEYS[4]}
local oldest = redis.call('ZRANGE', topic.given, 0, 0)[1] or redis.call('ZRANGE', topic.waiting, 0, 0)[1]
return {'ok', sizeOf(topic), one.draining and 1 or 0, now, redis.call('ZCARD', topic.waiting), oldest}
`);

export interface Heartbeat extends TopicLoad {
  /** Whether something waits: a ring that was lost costs no more than until now. */
  readonly hasWaiting: boolean;
}

export async function heartbeat(
  store: RedisStore,
  membership: Membership,
  { done }: HeartbeatOptions = {},
): Promise<Heartbeat> {
  const keys = topicKeys(store.keys, [encodeName(membership.id)]);
  const answer = await runAs(store, membership, BEAT, keys, [encodeDone(done)]);
  const [, backlog, isDraining, now, waiting, oldest] = answer;
  return {
    backlog: numberOf(backlog),
    oldestMs: Buffer.isBuffer(oldest) ? await ageOf(store, oldest.toString(), numberOf(now)) : 0,
    isDraining: numberOf(isDraining) === 1,
    hasWaiting: numberOf(waiting) > 0,
  };
}

/** How long a record has been pending; 0 where the pointer leads to none. */
export async function ageOf({ send, keys }: RedisStore, pointer: string, now: number): Promise<number> {
  const [chassis = '', port = ''] = pointer.split('/');
  const [text] = await send([['HGET', keys.reports(chassis), port]]);
  const record = parseRecord(chassis, port, textOf(text));
  return record === undefined || record.place === '' ? 0 : Math.max(0, now - record.pendingSince);
}

/** ARGV: 2 name. Returns `{'ok'}`, or `{'missed'}` where no such listener is registered. */
const DRAIN = defineScript(`
local text = redis.call('HGET', listeners, ARGV[2])
if not text then return {'missed'} end
local one = decodeListener(text)
one.draining = true
storeListener(ARGV[2], one)
return {'ok'}
`);

export async function drain(store: RedisStore, id: string): Promise<boolean> {
  const [kind] = await store.run(DRAIN, [], [encodeName(id)]);
  return textOf(kind) === 'ok';
}

/** KEYS: 3 topics, 4 what waits, 5 what was given. ARGV: 2 incarnation, 3 name, 4 generation. Returns `{'ok'}`. */
const LEAVE = defineScript(`
local text = redis.call('HGET', listeners, ARGV[3])
local isMine = text and decodeListener(text).generation == ARGV[4]
if redis.call('HGET', meta, 'incarnation') ~= ARGV[2] or not isMine then return {'ok'} end
redis.call('HDEL', listeners, ARGV[3])
if sizeOf({waiting = KEYS[4], given = KEYS[5]}) == 0 then redis.call('SREM', KEYS[3], ARGV[3]) end
ring(ARGV[3])
ring(NOBODY)
return {'ok'}
`);

/** Ends the registration where it still stands. */
export async function leave({ run, keys }: RedisStore, membership: Membership): Promise<void> {
  const topic = topicKeys(keys, [encodeName(membership.id)]);
  await run(LEAVE, [keys.topics(), ...topic], memberArgs(membership));
}

/**
 * KEYS: topics from 3. ARGV: topics from 2. Returns `{'ok', now, {place, registration, backlog}…}` or
 * `{'listeners', …}`.
 */
const LIST = defineScript(`
local _, places = readListeners()
local topics = readTopics(3, 2)
local unnamed = findUnnamed(topics, places)
if unnamed then return unnamed end
local answer = {'ok', now}
for _, place in ipairs(places) do
  answer[#answer + 1] = {place, redis.call('HGET', listeners, place), sizeOf(topics[place])}
end
return answer
`);

/** Every registered listener, sorted by id. */
export async function listListeners({ run, keys, places }: RedisStore): Promise<readonly ListenerView[]> {
  const [, now, ...rows] = await places.run({ run }, LIST, (known) => ({
    keys: topicKeys(keys, known),
    args: topicArgs(known),
  }));
  const views = rows.map((row) => viewListener(listOf(row), numberOf(now)));
  return views.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** See layout.ts. */
const LISTENER = /^\d+\|(\d+)\|(\d+)\|([01])\|([01])\|([^|]*)\|([^|]*)\|([^|]*)(.*)$/s;

/** A fenced listener is lapsed, whatever its timestamp says. */
function viewListener([place, registration, backlog]: readonly Reply[], now: number): ListenerView {
  const [, timestamp, ttl, fenced, draining, generation = '', versions = '', program = '', done = ''] =
    LISTENER.exec(maybeText(registration) ?? '') ?? [];
  const [ageMs, ttlMs] = [Math.max(0, now - Number(timestamp)), Number(ttl)];
  return {
    id: decodeName(textOf(place)),
    ttlMs,
    versions: readVersions(versions),
    program,
    generation,
    state: fenced === '1' ? 'lapsed' : stateOf(ageMs, ttlMs, draining === '1'),
    ageMs,
    backlog: numberOf(backlog),
    done: decodeDone(done),
  };
}

function encodeDone(done: WorkDone | undefined): string {
  return done === undefined ? '' : `|${done.forMs},${done.received},${done.written},${done.told}`;
}

function decodeDone(text: string): WorkDone | undefined {
  const [found, ...figures] = /^\|(\d+),(\d+),(\d+),(\d+)/.exec(text) ?? [];
  if (found === undefined) return undefined;
  const [forMs = 0, received = 0, written = 0, told = 0] = figures.map(Number);
  return { forMs, received, written, told };
}

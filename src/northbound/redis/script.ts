import { createHash } from 'node:crypto';

/** A Lua script: what EVALSHA names and, where Redis does not know it yet, EVAL sends. */
export interface Script {
  readonly text: string;
  readonly sha: string;
}

/**
 * What every script begins with.
 *
 * KEYS: 1 meta, 2 listeners, then the script's own. ARGV: 1 the origin of the server that the caller is connected to, then
 * the script's own. Returns `{'origin'}`, having done nothing, where the data was last used under another origin: writes may
 * have been lost since. A script returns `{'listeners', places…}`, having done nothing, where a listener is registered
 * whose topic is not among its KEYS.
 *
 * Revisions are compared as the fixed-width texts that they are: Lua's numbers would round them. Random numbers come from
 * the caller: Redis seeds its own generator the same way for every script. The states of listeners are judged as in
 * src/domain/listener.ts; a test compares.
 */
const PRELUDE = `
local meta, listeners = KEYS[1], KEYS[2]
if redis.call('HGET', meta, 'origin') ~= ARGV[1] then return {'origin'} end
local NOBODY = '+unassigned'

-- Milliseconds by Redis' clock.
local function readClock()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local now = readClock()

local function decodeListener(text)
  local number, timestamp, ttl, fenced, draining, generation, versions, program, done =
    string.match(text, '^(%d+)|(%d+)|(%d+)|([01])|([01])|([^|]*)|([^|]*)|([^|]*)(.*)$')
  return {number = number, timestamp = tonumber(timestamp), ttl = tonumber(ttl), fenced = fenced == '1',
    draining = draining == '1', generation = generation, versions = versions, program = program, done = done}
end

local function storeListener(place, one)
  redis.call('HSET', listeners, place, string.format('%s|%d|%d|%d|%d|%s|%s|%s%s', one.number, one.timestamp, one.ttl,
    one.fenced and 1 or 0, one.draining and 1 or 0, one.generation, one.versions, one.program, one.done))
end

-- Every registered listener by its place, and the places.
local function readListeners()
  local registered, places = {}, {}
  local all = redis.call('HGETALL', listeners)
  for i = 1, #all, 2 do
    registered[all[i]] = decodeListener(all[i + 1])
    places[#places + 1] = all[i]
  end
  return registered, places
end

local function judge(timestamp, ttl, fenced, draining)
  local age = now - timestamp
  if fenced or age > ttl then return 'lapsed' end
  if draining then return 'draining' end
  return age > ttl / 2 and 'late' or 'live'
end

-- Of every registered listener whether it is fenced, by its place; the places; and those among whom places are drawn: the
-- live, and where nobody is live the late. Reads no more of each than that takes: publishing does it every time.
local STANDING = '^%d+|(%d+)|(%d+)|([01])|([01])|'
local function readStandings()
  local fenced, places, live, late = {}, {}, {}, {}
  local all = redis.call('HGETALL', listeners)
  for i = 1, #all, 2 do
    local place = all[i]
    local timestamp, ttl, isFenced, isDraining = string.match(all[i + 1], STANDING)
    fenced[place] = isFenced == '1'
    places[#places + 1] = place
    local state = judge(timestamp, tonumber(ttl), fenced[place], isDraining == '1')
    if state == 'live' then live[#live + 1] = place end
    if state == 'late' then late[#late + 1] = place end
  end
  return fenced, places, #live > 0 and live or late
end

local function drawPlace(candidates, draw)
  if #candidates == 0 then return NOBODY end
  return candidates[math.floor(tonumber(draw) * #candidates) + 1]
end

-- The listener that holds this registration; else nothing, and the refusal: the number of who holds the name now, if any.
local function findMember(incarnation, place, generation)
  local isNow = redis.call('HGET', meta, 'incarnation') == incarnation
  local text = isNow and redis.call('HGET', listeners, place)
  local one = text and decodeListener(text)
  if one and one.generation == generation and not one.fenced then return one end
  return nil, {'refused', one and one.number or ''}
end

-- Wakes whoever waits there, and tells it what it finds, where that is little.
local function ring(place, pointers)
  local news = pointers and #pointers <= 16 and table.concat(pointers, '\\n') or ''
  redis.call('PUBLISH', string.sub(meta, 1, -5) .. 'ring:' .. place, news)
end

-- The topics that the caller named, by place: their KEYS begin at number \`key\`, two each, and ARGV number \`arg\` is their
-- count. Then the numbers of the KEY and of the ARGV behind them.
local function readTopics(key, arg)
  local topics, count = {}, tonumber(ARGV[arg])
  local before = #meta - 4 + #'topic:'
  for number = key, key + 2 * count - 2, 2 do
    topics[string.sub(KEYS[number], before + 1)] = {waiting = KEYS[number], given = KEYS[number + 1]}
  end
  return topics, key + 2 * count, arg + 1
end

-- What to answer where a listener is registered whose topic the caller did not name.
local function findUnnamed(topics, places)
  for _, place in ipairs(places) do
    if not topics[place] then return {'listeners', unpack(places)} end
  end
end

-- The last entry of a topic's half: its position; nothing where it is empty.
local function lastOf(key)
  return tonumber(redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2])
end

-- Puts pointers at the end of a topic, but leaves those that wait there where they are. What was given stood before what
-- waits.
local function putInto(place, topic, pointers)
  local last = lastOf(topic.waiting)
  local wasQuiet, tail = not last, last or lastOf(topic.given) or 0
  local entries = {}
  for i, pointer in ipairs(pointers) do
    entries[#entries + 1] = tail + i
    entries[#entries + 1] = pointer
  end
  local added = redis.call('ZADD', topic.waiting, 'NX', unpack(entries))
  if added > 0 and (wasQuiet or place == NOBODY) then ring(place, pointers) end
end

local function putAll(topics, byPlace)
  for place, pointers in pairs(byPlace) do putInto(place, topics[place], pointers) end
end

local function add(lists, key, item)
  lists[key] = lists[key] or {}
  table.insert(lists[key], item)
end

-- Removes pointers from a topic, wherever they are in it.
local function takeOut(topic, pointers)
  if #pointers == 0 then return end
  redis.call('ZREM', topic.waiting, unpack(pointers))
  redis.call('ZREM', topic.given, unpack(pointers))
end

local function sizeOf(topic)
  local waiting, given = redis.call('ZCARD', topic.waiting), redis.call('ZCARD', topic.given)
  if waiting == 0 or given == 0 then return waiting + given end
  return waiting + given - redis.call('ZINTERCARD', 2, topic.waiting, topic.given)
end

local function portOf(pointer)
  return string.match(pointer, '/(.*)$') or ''
end

local RECORD = '^(%d+)|(%d+|([01])|[^|]*|%d+|)(%d+)|([^|]*)|(.*)$'
local function decodeRecord(text)
  local revision, head, isDown, since, place, body = string.match(text, RECORD)
  return {revision = revision, head = head, isDown = isDown == '1', since = since, place = place, body = body}
end

local function encodeRecord(one)
  return one.revision .. '|' .. one.head .. one.since .. '|' .. one.place .. '|' .. one.body
end

-- The place in a record; nil where the text is no record of ours.
local PLACE = '^' .. string.rep('%d', 16) .. '|%d+|[01]|[^|]*|%d+|%d+|([^|]*)|'
local function placeOf(text)
  return text and string.match(text, PLACE)
end
`;

/** A script that does what every script does first, and then `body`. */
export function defineScript(body: string): Script {
  return scriptOf(PRELUDE + body);
}

/** A script of exactly this text. */
export function scriptOf(text: string): Script {
  return { text, sha: createHash('sha1').update(text).digest('hex') };
}

import type { Envelope } from '../../domain/wire.js';
import type { Random } from '../../runtime/random.js';
import { checkEnvelopes } from '../envelopes.js';
import type { ChassisRegistration } from '../northbound.js';
import { admitChassis } from './chassis.js';
import { encodeName } from './layout.js';
import { topicArgs, topicKeys } from './places.js';
import { writeRevision } from './record.js';
import { numberOf, textOf } from './replies.js';
import { defineScript } from './script.js';
import type { RedisStore } from './store.js';

/** Reports in one script: Redis serves nobody else for the few milliseconds that it takes. */
const CHUNK = 500;

/**
 * Stores the reports that are not late, each with its place. A report that waits where somebody will find it stays; one that
 * was given already waits again at the end of that topic; else a draw among the listeners that are live at this moment.
 *
 * KEYS: 3 the chassis, 4 its reports, then topics. ARGV: 2 incarnation and 3 token of the registration, 4 the chassis' name,
 * 5 the greatest revision before the call, or nothing where this is its first script; then topics; then of each report:
 * port, revision, `version|isDown|`, body, draw. Returns `{'ok', stored, the greatest revision before the call}`,
 * `{'refused', number}` or `{'listeners', …}`.
 */
const STORE = defineScript(`
local incarnation = redis.call('HGET', meta, 'incarnation')
local found = redis.call('HMGET', KEYS[3], 'token', 'number', 'revision')
if incarnation ~= ARGV[2] or found[1] ~= ARGV[3] then
  return {'refused', incarnation == ARGV[2] and found[2] or ''}
end
local fenced, places, candidates = readStandings()
local topics, _, first = readTopics(5, 6)
local unnamed = findUnnamed(topics, places)
if unnamed then return unnamed end

local greatest = found[3] or string.rep('0', 16)
local before = ARGV[5] ~= '' and ARGV[5] or greatest
local ports = {}
for arg = first, #ARGV, 5 do ports[#ports + 1] = ARGV[arg] end
local olds = #ports > 0 and redis.call('HMGET', KEYS[4], unpack(ports)) or {}

local stored, moves = {}, {}
for i, port in ipairs(ports) do
  local arg = first + 5 * (i - 1)
  local revision, old = ARGV[arg + 1], olds[i]
  local place = placeOf(old)
  if revision > before and not (place and string.sub(old, 1, 16) >= revision) then
    local since = place and place ~= '' and decodeRecord(old).since or string.format('%d', now)
    if not place or fenced[place] ~= false then place = drawPlace(candidates, ARGV[arg + 4]) end
    stored[#stored + 1] = port
    stored[#stored + 1] = string.format('%s|%s%s|%d|%s|%s|', revision, ARGV[arg + 2], incarnation, now, since, place)
      .. ARGV[arg + 3]
    add(moves, place, ARGV[4] .. '/' .. port)
    if revision > greatest then greatest = revision end
  end
end
if #stored > 0 then
  redis.call('HSET', KEYS[4], unpack(stored))
  redis.call('HSET', KEYS[3], 'revision', greatest)
  putAll(topics, moves)
end
return {'ok', #stored / 2, before}
`);

/** Stores the reports that are not late, with their places, and rings for each topic that had nothing waiting. */
export async function publish(
  store: RedisStore,
  registration: ChassisRegistration,
  envelopes: readonly Envelope[],
): Promise<{ readonly stored: number; readonly late: number }> {
  checkEnvelopes(registration.chassis, envelopes);
  const reports = envelopes.map((envelope) => reportArgs(envelope, store.random));
  let [stored, before] = [0, ''];
  for (let first = 0; first === 0 || first < reports.length; first += CHUNK) {
    const answer = await storeChunk(store, registration, before, reports.slice(first, first + CHUNK));
    stored += numberOf(answer[1]);
    before = textOf(answer[2]);
  }
  return { stored, late: envelopes.length - stored };
}

function reportArgs(
  { portId, revision, version, isDown, body }: Envelope,
  random: Random,
): readonly string[] {
  return [portId, writeRevision(revision), `${version}|${isDown ? 1 : 0}|`, body, String(random.next())];
}

async function storeChunk(
  { run, keys, places }: RedisStore,
  registration: ChassisRegistration,
  before: string,
  reports: readonly (readonly string[])[],
): ReturnType<RedisStore['run']> {
  const { chassis, token, incarnation } = registration;
  const name = encodeName(chassis);
  const answer = await places.run({ run }, STORE, (known) => ({
    keys: [keys.chassis(name), keys.reports(name), ...topicKeys(keys, known)],
    args: [incarnation, token, name, before, ...topicArgs(known), ...reports.flat()],
  }));
  return admitChassis(answer, registration);
}

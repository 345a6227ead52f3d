import { PortStatusError } from '../../domain/errors.js';
import type { Random } from '../../runtime/random.js';
import { unavailable } from '../refusals.js';
import { ENGINE, isNotPermitted } from './faults.js';
import { LAYOUT } from './layout.js';
import type { Keys } from './layout.js';
import { scriptOf } from './script.js';
import type { Session } from './session.js';
import { textOf } from './replies.js';

/**
 * Makes a new incarnation, unless somebody else has just done so: the ttl of every listener and the age of every chassis
 * start again, since the timestamps may come from another host's clock. Everybody who waits is woken.
 *
 * KEYS: 1 meta, 2 listeners. ARGV: 1 origin, 2 layout, 3 id of the new incarnation. Returns `{'ok'}`, or
 * `{'layout', origin}` where the data is of another layout.
 */
const RENEW = scriptOf(`
local meta, listeners = KEYS[1], KEYS[2]
local origin = redis.call('HGET', meta, 'origin')
if origin == ARGV[1] then return {'ok'} end
if origin and string.match(origin, '^[^/]*') ~= ARGV[2] then return {'layout', origin} end
local time = redis.call('TIME')
local now = string.format('%d', time[1] * 1000 + math.floor(time[2] / 1000))
redis.call('HSET', meta, 'origin', ARGV[1], 'incarnation', ARGV[3], 'since', now)
local all = redis.call('HGETALL', listeners)
for i = 1, #all, 2 do
  redis.call('HSET', listeners, all[i], (string.gsub(all[i + 1], '^(%d+)|%d+|', '%1|' .. now .. '|')))
end
redis.call('PUBLISH', string.sub(meta, 1, -5) .. 'ring:+all', '')
return {'ok'}
`);

/** @throws {PortStatusError} LAYOUT where the data is another version's; UNAVAILABLE where this user may not do it. */
export async function renewIncarnation(session: Session, keys: Keys, random: Random): Promise<void> {
  const args = [session.origin, String(LAYOUT), random.id()];
  const [kind, found] = await session.evaluate(RENEW, [keys.meta(), keys.listeners()], args).catch(explain);
  if (textOf(kind) === 'ok') return;
  throw otherLayout(keys, textOf(found));
}

/** A user who may only write reports waits for one who may do this. */
function explain(error: unknown): never {
  if (!isNotPermitted(error)) throw error;
  throw unavailable(
    ENGINE,
    'Redis was restarted, failed over or emptied since a server used it, and this user may not begin a new incarnation: a server does',
    error,
  );
}

export function otherLayout(keys: Keys, origin: string): PortStatusError {
  return new PortStatusError(
    'LAYOUT',
    `${keys.meta()} has layout ${origin.split('/')[0]} and not ${LAYOUT}; choose another northbound.namespace, or the program's version that wrote it`,
  );
}

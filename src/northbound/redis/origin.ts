import { PortStatusError } from '../../domain/errors.js';
import { unavailable, unreachable } from '../refusals.js';
import { ENGINE } from './faults.js';
import { LAYOUT } from './layout.js';

/** The oldest Redis with ACL selectors, key permissions and ZINTERCARD. */
const OLDEST_MAJOR = 7;

/**
 * What an incarnation is made under: layout, run of the server, and its replication history. Example:
 * `1/2f6d…/8a0c…`.
 *
 * `run_id` is drawn anew whenever a server starts: whatever its persistence lost, or an older copy brought back, is then
 * covered, because a server loads data only when it starts. `master_replid` is drawn anew when a replica is promoted. A
 * database that was emptied has no origin at all. It is read once per connection, before any verb: a failover or a restart
 * ends the connections.
 *
 * Not noticed: a master that is made a replica by hand, and a master again, while its connections stay open.
 *
 * @param info what INFO answers.
 * @throws {PortStatusError} CONFIG where the server is too old; UNAVAILABLE where it is a replica, loads its data, or would evict it.
 */
export function originOf(info: string, endpoint: string): string {
  const fields = new Map(info.split('\r\n').map((line) => splitLine(line)));
  checkVersion(fields.get('redis_version') ?? '', endpoint);
  if (fields.get('role') !== 'master') throw unreachable(ENGINE, `${endpoint} is a replica, not the master`);
  if (fields.get('loading') === '1') throw unavailable(ENGINE, `${endpoint} is still loading its data`);
  checkEviction(fields, endpoint);
  return `${LAYOUT}/${fields.get('run_id')}/${fields.get('master_replid')}`;
}

function splitLine(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  return [line.slice(0, colon), line.slice(colon + 1)];
}

function checkVersion(version: string, endpoint: string): void {
  if (Number.parseInt(version, 10) >= OLDEST_MAJOR) return;
  throw new PortStatusError(
    'CONFIG',
    `Redis at ${endpoint} is version ${version || 'unknown'}; ${OLDEST_MAJOR}.0 or later is needed`,
  );
}

/** Records that are evicted look like ports that are gone. Our keys never expire, so the policies `volatile-*` spare them. */
function checkEviction(fields: ReadonlyMap<string, string>, endpoint: string): void {
  const policy = fields.get('maxmemory_policy') ?? '';
  if (Number(fields.get('maxmemory') ?? 0) === 0 || !policy.startsWith('allkeys-')) return;
  const mend = 'set its maxmemory-policy to noeviction';
  throw unavailable(ENGINE, `${endpoint} evicts keys when its memory is full (${policy}); ${mend}`);
}

import { describe, expect, it, onTestFinished } from 'vitest';
import { sayRange } from '../../src/northbound/conformance/scene.js';
import type { Northbound } from '../../src/northbound/northbound.js';
import { RedisNorthbound } from '../../src/northbound/redis/redis-northbound.js';
import { seededRandom } from '../../src/runtime/random.js';
import { expectEqualChance } from '../support/chi-square.js';
import { has } from '../support/needs.js';
import { moveRedisClock, redisOptions } from '../support/redis-fixture.js';
import { REDIS, startRedis } from '../support/redis.js';
import type { RedisServer } from '../support/redis.js';

const TTL_MS = 60_000;
const CHASSIS = 50;
const PORTS_PER_CHASSIS = 1000;
const NAMESPACE = 'takeover';
const SEED = 20261126;

/** How long one command or script may keep Redis from serving others, in microseconds. */
const BLOCKED_US = 20_000;

describe.runIf(has('cluster/redis-takeover', REDIS))('a server that dies with 50,000 reports', () => {
  it(`is taken over in equal shares, and Redis serves others meanwhile (seed ${SEED})`, async () => {
    const redis = await startRedis();
    onTestFinished(() => redis.dispose());
    await dieWithReports(redis);
    await redis.admin.config('SET', 'slowlog-log-slower-than', BLOCKED_US);
    await redis.admin.slowlog('RESET');

    for (const id of ['b', 'c', 'd']) await join(connect(redis), id);
    const northbound = connect(redis);
    const member = await join(northbound, 'a');
    let moved = 0;
    for (let more = true; more;) {
      const adoption = await northbound.adopt(member, { max: 5000 });
      moved += adoption.moved;
      more = adoption.more;
    }

    expect(moved).toBe(CHASSIS * PORTS_PER_CHASSIS);
    const shares = await northbound.listeners();
    expect(shares.map(({ id }) => id).sort()).toEqual(['a', 'b', 'c', 'd']);
    expectEqualChance(
      shares.map(({ backlog }) => backlog),
      `with seed ${SEED}`,
    );
    expect(await redis.admin.slowlog('GET', 10)).toEqual([]);
  });
});

/** A server that receives some of its reports, falls silent, and lapses. */
async function dieWithReports(redis: RedisServer): Promise<void> {
  const northbound = connect(redis);
  const member = await join(northbound, 'victim');
  for (let number = 1; number <= CHASSIS; number++) {
    const chassis = `cn${number}`;
    const registration = await northbound.registerChassis(chassis);
    const first = number * PORTS_PER_CHASSIS;
    const reports = sayRange(first, first + PORTS_PER_CHASSIS - 1, { chassis });
    await northbound.publish(registration, reports);
  }
  await northbound.receive(member, { max: 500 });
  await northbound.close();
  await moveRedisClock(redis, NAMESPACE, 2 * TTL_MS);
}

function connect({ port }: RedisServer): RedisNorthbound {
  const options = { ...redisOptions(NAMESPACE), random: seededRandom(SEED) };
  const northbound = new RedisNorthbound(`redis://127.0.0.1:${port}`, options);
  onTestFinished(() => northbound.close());
  return northbound;
}

function join(northbound: Northbound, id: string): ReturnType<Northbound['join']> {
  return northbound.join({ id, ttlMs: TTL_MS, versions: [1], program: '1' });
}

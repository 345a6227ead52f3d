import assert from 'node:assert/strict';
import type { EngineFixture } from '../../src/northbound/conformance/conformance.js';
import type { Northbound } from '../../src/northbound/northbound.js';
import { RedisNorthbound } from '../../src/northbound/redis/redis-northbound.js';
import type { RedisNorthboundOptions } from '../../src/northbound/redis/redis-northbound.js';
import { systemClock } from '../../src/runtime/clock.js';
import { silentLogger } from '../../src/runtime/logger.js';
import { createMetrics } from '../../src/runtime/metrics.js';
import { systemRandom } from '../../src/runtime/random.js';
import { eventually } from './eventually.js';
import type { RedisServer } from './redis.js';
import { startTcpProxy } from './tcp-proxy.js';
import type { TcpProxy } from './tcp-proxy.js';

export function redisOptions(namespace: string): RedisNorthboundOptions {
  const surroundings = { clock: systemClock, random: systemRandom, logger: silentLogger };
  return { ...surroundings, metrics: createMetrics(), isReadOnly: false, namespace };
}

let tests = 0;

/** A namespace on a server that runs already; each connection has a proxy of its own. */
export async function openRedisFixture(server: RedisServer): Promise<EngineFixture> {
  const namespace = `test-${++tests}`;
  const proxies = new Map<Northbound, TcpProxy>();
  const connect = async (): Promise<Northbound> => {
    const proxy = await startTcpProxy({ port: server.port, host: '127.0.0.1' });
    const northbound = new RedisNorthbound(`redis://127.0.0.1:${proxy.port}`, redisOptions(namespace));
    proxies.set(northbound, proxy);
    return northbound;
  };
  return {
    ttlMs: 60_000,
    connect,
    advance: (ms) => moveRedisClock(server, namespace, ms),
    end: async () => {
      for (const proxy of proxies.values()) await proxy.dispose();
    },
    faults: createFaults(server, proxies),
  };
}

function createFaults(
  server: RedisServer,
  proxies: ReadonlyMap<Northbound, TcpProxy>,
): EngineFixture['faults'] {
  const proxyOf = (northbound: Northbound): TcpProxy => proxies.get(northbound) ?? assert.fail('no proxy');
  return {
    cut: {
      cut: async (northbound) => {
        proxyOf(northbound).passage = 'shut';
        proxyOf(northbound).reset();
      },
      restore: async (northbound) => {
        proxyOf(northbound).passage = 'open';
        await eventually(() => northbound.incarnation());
      },
    },
    loseEverything: async () => {
      await server.admin.flushall();
    },
    rollBack: {
      checkpoint: () => server.save(),
      rollBack: async () => {
        await server.goBack();
        for (const northbound of proxies.keys()) await eventually(() => northbound.incarnation());
      },
    },
  };
}

/**
 * Redis' clock can not be set. All that it is compared with is moved back instead, which comes to the same.
 *
 * KEYS: 1 meta, 2 listeners, then chassis and their reports in turn. ARGV: 1 milliseconds.
 */
const MOVE = `
local function back(text) return string.format('%d', tonumber(text) - ARGV[1]) end
redis.call('HSET', KEYS[1], 'since', back(redis.call('HGET', KEYS[1], 'since')))
local all = redis.call('HGETALL', KEYS[2])
for i = 1, #all, 2 do
  local moved = string.gsub(all[i + 1], '^(%d+|)(%d+)', function (head, time) return head .. back(time) end)
  redis.call('HSET', KEYS[2], all[i], moved)
end
for k = 3, #KEYS, 2 do
  redis.call('HSET', KEYS[k], 'timestamp', back(redis.call('HGET', KEYS[k], 'timestamp')))
  local reports = redis.call('HGETALL', KEYS[k + 1])
  for i = 1, #reports, 2 do
    local moved = string.gsub(reports[i + 1], '^(%d+|%d+|[01]|[^|]*|)(%d+)|(%d+)',
      function (head, published, since) return head .. back(published) .. '|' .. back(since) end)
    redis.call('HSET', KEYS[k + 1], reports[i], moved)
  end
end
`;

export async function moveRedisClock({ admin }: RedisServer, namespace: string, ms: number): Promise<void> {
  const tag = `{${namespace}}`;
  const names = await admin.smembers(`${tag}:chassis`);
  const keys = names.flatMap((name) => [`${tag}:chassis:${name}`, `${tag}:reports:${name}`]);
  await admin.eval(MOVE, 2 + keys.length, `${tag}:meta`, `${tag}:listeners`, ...keys, ms);
}

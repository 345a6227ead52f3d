import assert from 'node:assert/strict';
import type { EngineFixture } from '../../src/northbound/conformance/conformance.js';
import { parseAddress } from '../../src/northbound/etcd/address.js';
import { EtcdNorthbound } from '../../src/northbound/etcd/etcd-northbound.js';
import type { EtcdNorthboundOptions } from '../../src/northbound/etcd/etcd-northbound.js';
import type { Northbound } from '../../src/northbound/northbound.js';
import { systemClock } from '../../src/runtime/clock.js';
import { systemRandom } from '../../src/runtime/random.js';
import { startEtcd } from './etcd.js';
import type { EtcdCluster } from './etcd.js';
import { eventually, pass } from './eventually.js';
import { startTcpProxy } from './tcp-proxy.js';
import type { TcpProxy } from './tcp-proxy.js';

export function etcdOptions(namespace: string): EtcdNorthboundOptions {
  return { clock: systemClock, random: systemRandom, namespace };
}

/**
 * etcd's clock can not be set, so a test really waits. In whole seconds, 0.6 of it counts as more than half, and 1.2 of it
 * leaves etcd a second to notice that a lease has ended.
 */
const TTL_MS = 5000;

/** Timers may end a moment early. */
const TIMER_MS = 20;

let tests = 0;

/** A namespace on a server that runs already, and goes on running. */
export async function openEtcdFixture(cluster: EtcdCluster): Promise<EngineFixture> {
  const namespace = `test-${++tests}`;
  const place = createPlace(cluster, namespace);
  return {
    ...place,
    faults: {
      cut: createCut(place.proxies),
      loseEverything: async () => {
        await cluster.ctl('del', '--prefix', `/${namespace}/`);
      },
    },
  };
}

/** A server that only this test has: it can be restarted with older data. */
export async function openPrivateEtcdFixture(): Promise<EngineFixture> {
  const cluster = await startEtcd();
  const place = createPlace(cluster, 'test');
  const untilAllAnswer = async (): Promise<void> => {
    for (const northbound of place.proxies.keys()) await eventually(() => northbound.incarnation());
  };
  return {
    ...place,
    end: async () => {
      await place.end();
      await cluster.dispose();
    },
    faults: {
      cut: createCut(place.proxies),
      loseEverything: async () => {
        await cluster.loseEverything();
        await untilAllAnswer();
      },
      rollBack: {
        checkpoint: () => cluster.save(),
        rollBack: async () => {
          await cluster.goBack();
          await untilAllAnswer();
        },
      },
    },
  };
}

interface Place extends Omit<EngineFixture, 'faults'> {
  readonly proxies: ReadonlyMap<Northbound, TcpProxy>;
}

/** Each connection has a proxy of its own. */
function createPlace(cluster: EtcdCluster, namespace: string): Place {
  const proxies = new Map<Northbound, TcpProxy>();
  return {
    ttlMs: TTL_MS,
    proxies,
    connect: async () => {
      const proxy = await startTcpProxy({ port: cluster.first.clientPort, host: '127.0.0.1' });
      const address = parseAddress(`etcd://127.0.0.1:${proxy.port}`);
      const northbound = new EtcdNorthbound(address, etcdOptions(namespace));
      proxies.set(northbound, proxy);
      return northbound;
    },
    advance: (ms) => pass(ms + TIMER_MS),
    end: async () => {
      for (const proxy of proxies.values()) await proxy.dispose();
    },
  };
}

function createCut(proxies: ReadonlyMap<Northbound, TcpProxy>): NonNullable<EngineFixture['faults']['cut']> {
  const proxyOf = (northbound: Northbound): TcpProxy => proxies.get(northbound) ?? assert.fail('no proxy');
  return {
    cut: async (northbound) => {
      proxyOf(northbound).passage = 'shut';
      proxyOf(northbound).reset();
    },
    restore: async (northbound) => {
      proxyOf(northbound).passage = 'open';
      await eventually(() => northbound.incarnation());
    },
  };
}

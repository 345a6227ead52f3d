import { systemClock } from '../../src/runtime/clock.js';
import { eventually } from '../support/eventually.js';
import { MARIADB } from '../support/mariadb.js';
import { has } from '../support/needs.js';
import { MASTER, startSentinel } from '../support/redis-sentinel.js';
import type { Sentinel } from '../support/redis-sentinel.js';
import { REDIS, startRedis } from '../support/redis.js';
import type { RedisServer } from '../support/redis.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { ordeal } from './ordeal.js';
import type { EngineUnderTest } from './ordeal.js';

const PASSWORD = 'sentinel-test';

/** For how long the replica hears nothing of what the master acknowledges. */
const UNHEARD_MS = 1500;

/** A master and a replica that follows it through a proxy, and a Sentinel that watches them. */
interface Replicated extends EngineUnderTest {
  readonly master: RedisServer;
  readonly replica: RedisServer;
  readonly sentinel: Sentinel;
  readonly between: TcpProxy;
}

ordeal<Replicated>({
  name: 'redis with a Sentinel',
  isThere: has('cluster/redis-sentinel', { ...MARIADB, ...REDIS }),
  start: async () => {
    const master = await startRedis();
    const between = await startTcpProxy({ port: master.port, host: '127.0.0.1' });
    const replica = await startRedis(['--replicaof', `127.0.0.1 ${between.port}`]);
    await eventually(async () => {
      if (!(await replica.admin.info('replication')).includes('master_link_status:up'))
        throw new Error('the replica does not follow its master');
    });
    const sentinel = await startSentinel(master.port, PASSWORD);
    await eventually(async () => {
      const known = (await sentinel.admin.call('SENTINEL', 'replicas', MASTER)) as readonly unknown[];
      if (known.length === 0) throw new Error('the Sentinel knows no replica');
    });
    const url = `redis+sentinel://127.0.0.1:${sentinel.port}/${MASTER}?sentinelPassword=${PASSWORD}`;
    return {
      ...{ master, replica, sentinel, between, url, directUrl: url },
      dispose: async () => {
        await sentinel.dispose();
        await between.dispose();
        await Promise.all([master.dispose(), replica.dispose()]);
      },
    };
  },
  faults: [['a failover that loses what the master had acknowledged', failOver]],
});

async function failOver({ master, replica, sentinel, between }: Replicated): Promise<void> {
  between.passage = 'black-hole';
  await systemClock.sleep(UNHEARD_MS);
  await master.kill();
  await eventually(async () => {
    const [, port] = (await sentinel.admin.call('SENTINEL', 'get-master-addr-by-name', MASTER)) as [
      string,
      string,
    ];
    if (Number(port) !== replica.port) throw new Error('the Sentinel does not name the replica the master');
  }, 30_000);
}

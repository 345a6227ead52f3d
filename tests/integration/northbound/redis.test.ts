import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { conformance } from '../../../src/northbound/conformance/conformance.js';
import type { Northbound } from '../../../src/northbound/northbound.js';
import { RedisNorthbound } from '../../../src/northbound/redis/redis-northbound.js';
import { eventually } from '../../support/eventually.js';
import { has } from '../../support/needs.js';
import { openRedisFixture, redisOptions } from '../../support/redis-fixture.js';
import { REDIS, startRedis } from '../../support/redis.js';
import type { RedisServer } from '../../support/redis.js';

/** Whatever would look through the keys fails here. */
const NO_SCANS = ['SCAN', 'KEYS', 'RANDOMKEY', 'HSCAN', 'SSCAN', 'ZSCAN'].flatMap((command) => [
  '--rename-command',
  command,
  '',
]);

/** Some of them lie on the one node of the cluster, some on the other. */
const NAMESPACES = ['port-status', 'another', 'third', 'fourth'];

describe.runIf(has('integration/northbound/redis', REDIS))('one Redis', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis(NO_SCANS);
  });
  afterAll(() => server.dispose());

  const faults = ['cut', 'loseEverything', 'rollBack'] as const;
  conformance({ test: it, engine: () => openRedisFixture(server), faults });
});

describe.runIf(has('integration/northbound/redis', REDIS))('a Redis Cluster', () => {
  const nodes: RedisServer[] = [];
  beforeAll(async () => {
    const cluster = ['--cluster-enabled', 'yes', '--cluster-require-full-coverage', 'no'];
    nodes.push(await startRedis(cluster), await startRedis(cluster));
    const [first, second] = nodes;
    await first?.admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '8191');
    await second?.admin.call('CLUSTER', 'ADDSLOTSRANGE', '8192', '16383');
    await first?.admin.call('CLUSTER', 'MEET', '127.0.0.1', String(second?.port));
    await eventually(async () => {
      for (const { admin } of nodes) expect(await admin.call('CLUSTER', 'SLOTS')).toHaveLength(2);
    });
  });
  afterAll(async () => {
    for (const node of nodes) await node.dispose();
  });

  it.each(NAMESPACES)('serves the namespace %s, whichever of its nodes is asked', async (namespace) => {
    for (const { port } of nodes) {
      const northbound = open(`redis://127.0.0.1:${port}`, namespace);
      await eventually(() => northbound.registerChassis('cn1'));
      expect(await northbound.chassis()).toMatchObject([{ chassis: 'cn1' }]);
    }
  });

  it('is found through the node that lives', async () => {
    const [dead, alive] = nodes;
    const slots = NAMESPACES.map(async (name) => alive?.admin.call('CLUSTER', 'KEYSLOT', `{${name}}:meta`));
    const ofAlive = (await Promise.all(slots)).findIndex((slot) => Number(slot) > 8191);
    await dead?.kill();
    const url = `redis://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`;
    const northbound = open(url, NAMESPACES[ofAlive] ?? '');
    await eventually(() => northbound.incarnation());
  });
});

describe.runIf(has('integration/northbound/redis', REDIS))(
  'one node of a Redis Cluster with all slots',
  () => {
    let server: RedisServer;
    beforeAll(async () => {
      server = await startRedis(['--cluster-enabled', 'yes']);
      await server.admin.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
      await eventually(async () =>
        expect(await server.admin.call('CLUSTER', 'INFO')).toContain('cluster_state:ok'),
      );
    });
    afterAll(() => server.dispose());

    const faults = ['cut', 'loseEverything', 'rollBack'] as const;
    conformance({ test: it, engine: () => openRedisFixture(server), faults });
  },
);

function open(url: string, namespace: string): Northbound {
  const northbound = new RedisNorthbound(url, redisOptions(namespace));
  onTestFinished(() => northbound.close());
  return northbound;
}

import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { brief, portId, say } from '../../../src/northbound/conformance/scene.js';
import type { Northbound } from '../../../src/northbound/northbound.js';
import { RedisNorthbound } from '../../../src/northbound/redis/redis-northbound.js';
import { eventually } from '../../support/eventually.js';
import { freePort } from '../../support/free-port.js';
import { has } from '../../support/needs.js';
import { redisOptions } from '../../support/redis-fixture.js';
import { MASTER, startSentinel } from '../../support/redis-sentinel.js';
import type { Sentinel } from '../../support/redis-sentinel.js';
import { REDIS, startRedis } from '../../support/redis.js';
import type { RedisServer } from '../../support/redis.js';

const SERVER = { id: 'n1', ttlMs: 60_000, versions: [1], program: '1' };

describe.runIf(has('integration/northbound/redis-sentinel', REDIS))('a Redis behind Sentinels', () => {
  let master: RedisServer;
  let replica: RedisServer;
  let sentinel: Sentinel;
  beforeAll(async () => {
    master = await startRedis();
    replica = await startRedis(['--replicaof', `127.0.0.1 ${master.port}`, '--repl-diskless-load', 'swapdb']);
    sentinel = await startSentinel(master.port, 'sentinel-password');
    await eventually(async () => {
      expect(await replica.admin.info('replication')).toContain('master_link_status:up');
      expect(await sentinel.admin.call('SENTINEL', 'REPLICAS', MASTER)).toHaveLength(1);
    });
  });
  afterAll(async () => {
    await sentinel.dispose();
    await replica.dispose();
    await master.dispose();
  });

  it('is not used where it is a replica', async () => {
    const northbound = open(`redis://127.0.0.1:${replica.port}`);
    await expect(northbound.incarnation()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(northbound.incarnation()).rejects.toThrow('is a replica');
  });

  it('is unavailable where the Sentinels refuse the password, or know no such master', async () => {
    const at = `127.0.0.1:${sentinel.port}`;
    for (const url of [`redis+sentinel://${at}/${MASTER}`, sentinelUrl(at, 'another')])
      await expect(open(url).incarnation()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('after a failover that lost acknowledged writes is another incarnation, and everything works on', async () => {
    const nobody = await freePort();
    const northbound = open(sentinelUrl(`127.0.0.1:${nobody},127.0.0.1:${sentinel.port}`));
    const before = await northbound.incarnation();
    const membership = await northbound.join(SERVER);
    const registration = await northbound.registerChassis('cn1');
    await northbound.publish(registration, [say(1, 10)]);
    await eventually(async () => expect(await replica.admin.hlen('{port-status}:reports:cn1')).toBe(1));
    await cutReplication();
    expect(await northbound.publish(registration, [say(1, 20), say(2, 21)])).toEqual({ stored: 2, late: 0 });
    await northbound.receive(membership, { max: 10 });
    const waiting = northbound.receive(membership, { max: 10 });
    const ending = expect(waiting).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await master.kill();

    const after = await eventually(() => northbound.incarnation(), 30_000);
    expect(after).not.toBe(before);
    await ending;
    await expect(northbound.heartbeat(membership)).rejects.toMatchObject({ code: 'REGISTRATION_LOST' });
    await expect(northbound.publish(registration, [say(1, 30)])).rejects.toMatchObject({
      code: 'REGISTRATION_LOST',
    });
    const keys = [1, 2].map((number) => ({ chassis: 'cn1', portId: portId(number) }));
    expect(brief(await northbound.lookUp(keys))).toEqual(['1@10']);

    const again = await northbound.join(SERVER);
    await northbound.publish(await northbound.registerChassis('cn1'), [say(1, 30), say(2, 31)]);
    expect(brief(await northbound.receive(again, { max: 10 }))).toEqual(['1@30', '2@31']);
  });

  function sentinelUrl(hosts: string, name = MASTER): string {
    return `redis+sentinel://${hosts}/${name}?sentinelPassword=sentinel-password`;
  }

  /** From now on what the master answers is known to itself alone. */
  async function cutReplication(): Promise<void> {
    await master.admin.config('SET', 'requirepass', 'unknown to the replica');
    await master.admin.call('CLIENT', 'KILL', 'TYPE', 'replica');
    await eventually(async () =>
      expect(await replica.admin.info('replication')).toContain('master_link_status:down'),
    );
  }
});

function open(url: string): Northbound {
  const northbound = new RedisNorthbound(url, redisOptions('port-status'));
  onTestFinished(() => northbound.close());
  return northbound;
}

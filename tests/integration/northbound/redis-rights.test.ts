import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { brief, portId, say, sayRange } from '../../../src/northbound/conformance/scene.js';
import type { Membership, Northbound } from '../../../src/northbound/northbound.js';
import { RedisNorthbound } from '../../../src/northbound/redis/redis-northbound.js';
import { Redis } from 'ioredis';
import { has } from '../../support/needs.js';
import { redisOptions } from '../../support/redis-fixture.js';
import { createAgentUser, createServerUser } from '../../support/redis-rights.js';
import { REDIS, startRedis } from '../../support/redis.js';
import type { RedisServer } from '../../support/redis.js';

const SERVER = { id: 'n1', ttlMs: 60_000, versions: [1], program: '1' };

describe.runIf(has('integration/northbound/redis-rights', REDIS))('rights in Redis', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.dispose());

  let namespace: string;
  let tests = 0;
  let server: Northbound;
  let membership: Membership;
  const key = (name: string): string => `{${namespace}}:${name}`;

  beforeEach(async () => {
    namespace = `rights-${++tests}`;
    server = open(await createServerUser(redis, namespace));
    membership = await server.join(SERVER);
  });

  it.each(['cn1', 'node 1', '*', '[a]?', 'é|"'])(
    'are enough for the agent of chassis %j',
    async (chassis) => {
      const agent = await openAgent(chassis);
      const registration = await agent.registerChassis(chassis);
      expect(await agent.publish(registration, sayRange(1, 3, { chassis }))).toEqual({ stored: 3, late: 0 });
      await agent.keepChassis(registration, { complete: 3, version: '1' });
      expect(brief(await agent.reports(chassis, { limit: 10 }))).toEqual(['1@1', '2@2', '3@3']);
      expect(await agent.chassis([chassis])).toMatchObject([{ chassis, maxRevision: 3 }]);
      expect(await server.receive(membership, { max: 10 })).toHaveLength(3);
    },
  );

  it.each([
    ['cn1', 'cn10'],
    ['cn10', 'cn1'],
    ['*', 'cn1'],
    ['cn?', 'cn1'],
    ['[a]', 'a'],
  ])('keep the agent of %j from reporting for %j', async (chassis, other) => {
    const agent = await openAgent(chassis);
    await server.registerChassis(other);
    await expect(agent.registerChassis(other)).rejects.toMatchObject({ code: 'RIGHTS' });
    const { token = '' } = await redis.admin.hgetall(key(`chassis:${other}`));
    const stolen = {
      chassis: other,
      token,
      number: 1,
      maxRevision: 0,
      incarnation: membership.incarnation,
    };
    await expect(agent.publish(stolen, [say(1, 1, { chassis: other })])).rejects.toMatchObject({
      code: 'RIGHTS',
    });
    expect(await server.reports(other, { limit: 10 })).toEqual([]);
  });

  it.each([
    ['reads what others report', ['HGETALL', 'reports:cn2']],
    ['reads the token of another', ['HGET', 'chassis:cn2', 'token']],
    ['takes an entry away', ['ZREM', 'topic:n1', 'cn2/x']],
    ['takes a topic away', ['DEL', 'topic:n1']],
    ['says that an entry was given', ['ZADD', 'given:n1', '1', 'cn2/x']],
    ['fences a server', ['HSET', 'listeners', 'n1', '']],
    ['begins an incarnation', ['HSET', 'meta', 'origin', '']],
    ['takes a chassis off the list', ['SREM', 'chassis', 'cn2']],
    ['empties everything', ['FLUSHALL']],
  ])('refuse an agent that %s, directly and in a script', async (_, [command = '', name, ...args]) => {
    const client = await openClient(await createAgentUser(redis, namespace, 'cn1'));
    const words = name === undefined ? [] : [key(name), ...args];
    await expect(client.call(command, ...words)).rejects.toThrow('NOPERM');
    const all = ['KEYS[1]', ...args.map((_arg, index) => `ARGV[${index + 1}]`)];
    const script = `return redis.call('${command}'${name === undefined ? '' : `, ${all.join(', ')}`})`;
    const keys = name === undefined ? 0 : 1;
    await expect(client.eval(script, keys, ...words)).rejects.toThrow(
      /NOPERM|The user executing the script can't/,
    );
  });

  it('let an agent forge entries of a topic, which changes nothing', async () => {
    await publishFor('cn2', 1, 2);
    const client = await openClient(await createAgentUser(redis, namespace, 'cn1'));
    const forged = [`cn2/${portId(9)}`, 'cn9/x', '/', 'x', '', '\xff', 'a/b/c', '%/%'];
    await client.zadd(key('topic:n1'), ...forged.flatMap((entry) => ['-inf', Buffer.from(entry, 'latin1')]));
    await client.zadd(key('topic:n1'), '+inf', `cn2/${portId(1)}`);
    expect(brief(await server.receive(membership, { max: 100 }))).toEqual(['2@2', '1@1']);
    expect(await server.heartbeat(membership)).toMatchObject({ backlog: 2 });
    await publishFor('cn3', 3, 3);
    expect(brief(await server.receive(membership, { max: 100 }))).toEqual(['3@3']);
  });

  it('let an agent point to what is acknowledged, or pending elsewhere: it is not given', async () => {
    await publishFor('cn2', 1, 1);
    await server.acknowledge(membership, await server.receive(membership, { max: 10 }));
    const other = await server.join({ ...SERVER, id: 'n2' });
    await server.drain('n1');
    await publishFor('cn3', 2, 2);
    const client = await openClient(await createAgentUser(redis, namespace, 'cn1'));
    await client.zadd(key('topic:n1'), 0, `cn2/${portId(1)}`, 1, `cn3/${portId(2)}`, 2, `cn4/${portId(3)}`);
    await publishFor('cn4', 3, 3);
    await redis.admin.hset(key('reports:cn4'), portId(3), await pendingAt('n1'));
    await server.heartbeat(membership); // nobody rang
    expect(brief(await server.receive(membership, { max: 10 }))).toEqual(['3@3']);
    expect(brief(await server.receive(other, { max: 10 }))).toEqual(['2@2']);
  });

  it('let an agent write what it likes into its own reports, which stops nobody', async () => {
    const client = await openClient(await createAgentUser(redis, namespace, 'cn1'));
    const records = [
      'nonsense',
      '1|1|0||1|1|n1|',
      `${'9'.repeat(16)}|1|0|x|1|1|n1|{`,
      `${'0'.repeat(16)}|1|2|x|1|1|n1|`,
      `${'9'.repeat(16)}|1|0|x|1|1|n%|{`,
    ];
    for (const [index, record] of records.entries()) {
      await client.hset(key('reports:cn1'), `p${index}`, record);
      await client.zadd(key('topic:n1'), index, `cn1/p${index}`);
    }
    await client.sadd(key('chassis'), '%', 'cn7', '\xff');
    await publishFor('cn2', 1, 1);
    expect(
      brief((await server.receive(membership, { max: 100 })).filter(({ chassis }) => chassis === 'cn2')),
    ).toEqual(['1@1']);
    await server.reports('cn1', { limit: 10 });
    expect((await server.chassis()).map(({ chassis }) => chassis)).toEqual(['cn2']);
    const next = await server.join({ ...SERVER, id: 'n2' });
    await server.leave(membership);
    await server.adopt(next, { max: 100 });
    expect(await server.adopt(next, { max: 100 })).toEqual({ moved: 0, takenOver: [], more: false });
  });

  it('that go further let somebody remove entries: putBack mends the topic', async () => {
    await publishFor('cn2', 1, 4);
    await server.receive(membership, { max: 1 });
    await redis.admin.del(key('topic:n1'));
    const keys = [1, 2, 3, 4].map((number) => ({ chassis: 'cn2', portId: portId(number) }));
    expect(await server.findLost(keys)).toEqual(keys.slice(1));
    expect(await server.putBack(keys)).toBe(3);
    expect(brief(await server.receive(membership, { max: 100 }))).toEqual(['2@2', '3@3', '4@4']);
    expect(await server.findLost(keys)).toEqual([]);
    expect(await server.putBack(keys)).toBe(0);
  });

  it('putBack places anew what waits for somebody who left', async () => {
    await publishFor('cn2', 1, 2);
    await server.leave(membership);
    const next = await server.join({ ...SERVER, id: 'n2' });
    const keys = [1, 2].map((number) => ({ chassis: 'cn2', portId: portId(number) }));
    expect(await server.putBack(keys)).toBe(0);
    await redis.admin.del(key('topic:n1'));
    expect(await server.putBack(keys)).toBe(2);
    expect(brief(await server.receive(next, { max: 100 }))).toEqual(['1@1', '2@2']);
  });

  it('keep an agent from beginning an incarnation: it waits for a server', async () => {
    const agent = await openAgent('cn1');
    await redis.admin.flushdb();
    await expect(agent.registerChassis('cn1')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await server.incarnation();
    expect(await agent.registerChassis('cn1')).toMatchObject({ number: 1 });
  });

  it('are told apart from a wrong password', async () => {
    const url = (await createAgentUser(redis, namespace, 'cn1')).replace('PASSWORD', 'p4ssw0rd');
    const refusal = open(url).incarnation();
    await expect(refusal).rejects.toMatchObject({ code: 'RIGHTS' });
    await expect(refusal).rejects.not.toThrow('p4ssw0rd');
  });

  function open(url: string): Northbound {
    const northbound = new RedisNorthbound(url, redisOptions(namespace));
    onTestFinished(() => northbound.close());
    return northbound;
  }

  async function openAgent(chassis: string): Promise<Northbound> {
    return open(await createAgentUser(redis, namespace, chassis));
  }

  async function openClient(url: string): Promise<Redis> {
    const client = new Redis(url, { lazyConnect: true, enableReadyCheck: false });
    onTestFinished(() => client.disconnect());
    await client.connect();
    return client;
  }

  /** The record of cn4, moved to another topic. */
  async function pendingAt(place: string): Promise<string> {
    const record = (await redis.admin.hget(key('reports:cn4'), portId(3))) ?? '';
    return record.replace('|n2|', `|${place}|`);
  }

  async function publishFor(chassis: string, first: number, last: number): Promise<void> {
    await server.publish(await server.registerChassis(chassis), sayRange(first, last, { chassis }));
  }
});

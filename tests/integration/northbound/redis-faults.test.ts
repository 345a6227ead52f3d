import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { eligible, stateOf } from '../../../src/domain/listener.js';
import { brief, portId, say, sayRange } from '../../../src/northbound/conformance/scene.js';
import { remainsOf } from '../../../src/northbound/destroy.js';
import type { ChassisRegistration, Membership, Northbound } from '../../../src/northbound/northbound.js';
import { RedisNorthbound } from '../../../src/northbound/redis/redis-northbound.js';
import { createLogger } from '../../../src/runtime/logger.js';
import { eventually } from '../../support/eventually.js';
import { has } from '../../support/needs.js';
import { redisOptions } from '../../support/redis-fixture.js';
import { REDIS, startRedis } from '../../support/redis.js';
import type { RedisServer } from '../../support/redis.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';
import type { TcpProxy } from '../../support/tcp-proxy.js';

const SERVER = { id: 'n1', ttlMs: 60_000, versions: [1], program: '1' };

/** How programs of before read a listener and store it again, as it stood in their script. KEYS: 1 listeners. ARGV: 1 name. */
const EARLIER_DRAIN = `
local number, timestamp, ttl, fenced, _, generation, versions, program =
  string.match(redis.call('HGET', KEYS[1], ARGV[1]), '^(%d+)|(%d+)|(%d+)|([01])|([01])|([^|]*)|([^|]*)|(.*)$')
redis.call('HSET', KEYS[1], ARGV[1], string.format('%s|%d|%d|%d|%d|%s|%s|%s', number, timestamp, ttl, fenced, 1,
  generation, versions, program))
`;

describe.runIf(has('integration/northbound/redis-faults', REDIS))('the redis engine', () => {
  let redis: RedisServer;
  let notRedis: AddressInfo;
  let proxy: TcpProxy;
  let namespace: string;
  let tests = 0;
  const another = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  beforeAll(async () => {
    redis = await startRedis();
    another.listen(0, '127.0.0.1');
    await once(another, 'listening');
    notRedis = another.address() as AddressInfo;
  });
  afterAll(async () => {
    another.close();
    await redis.dispose();
  });
  beforeEach(async () => {
    namespace = `faults-${++tests}`;
    proxy = await startTcpProxy({ port: redis.port, host: '127.0.0.1' });
    onTestFinished(() => proxy.dispose());
  });

  const key = (name: string): string => `{${namespace}}:${name}`;

  function open(options: Partial<ReturnType<typeof redisOptions>> = {}, port = proxy.port): RedisNorthbound {
    const northbound = new RedisNorthbound(`redis://127.0.0.1:${port}`, {
      ...redisOptions(namespace),
      ...options,
    });
    onTestFinished(() => northbound.close());
    return northbound;
  }

  describe('its connection', () => {
    it('is made by the first verb, and is the only one', async () => {
      const northbound = open();
      expect(proxy.connections).toBe(0);
      const membership = await northbound.join(SERVER);
      await publishAs(northbound, say(1, 10));
      await northbound.receive(membership, { max: 10 });
      expect(proxy.connections).toBe(1);
    });

    it('is given up when Redis is silent, and made anew', async () => {
      const northbound = open();
      const before = await northbound.incarnation();
      proxy.passage = 'black-hole';
      await expect(northbound.incarnation()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      proxy.passage = 'open';
      expect(await eventually(() => northbound.incarnation())).toBe(before);
      expect(proxy.connections).toBe(2);
    });

    it('is subscribed again when it was lost: who waits is woken', async () => {
      const [northbound, other] = [open(), open({}, redis.port)];
      const membership = await northbound.join(SERVER);
      const deliveries = northbound.receive(membership, { max: 10 });
      await northbound.incarnation();
      proxy.reset();
      await eventually(() => expect(proxy.connections).toBe(2));
      await northbound.incarnation();
      await publishAs(other, say(1, 10));
      expect(brief(await deliveries)).toEqual(['1@10']);
    });

    it('may lose an answer: what was given by it is given again', async () => {
      const northbound = open();
      const membership = await northbound.join(SERVER);
      await publishAs(northbound, say(1, 10));
      proxy.delayMs = 300;
      const giveUp = new AbortController();
      const lost = northbound.receive(membership, { max: 10, signal: giveUp.signal });
      const ending = expect(lost).rejects.toThrow('enough');
      await eventually(async () => expect(await redis.admin.zcard(key('given:n1'))).toBe(1));
      giveUp.abort(new Error('enough'));
      await ending;
      proxy.delayMs = 0;
      expect(brief(await northbound.receive(membership, { max: 10 }))).toEqual(['1@10']);
    });

    it('that is just being made ends with close', async () => {
      const northbound = open();
      proxy.passage = 'black-hole';
      const refused = expect(northbound.incarnation()).rejects.toMatchObject({ code: 'CLOSED' });
      await eventually(() => expect(proxy.connections).toBe(1));
      await northbound.close();
      await refused;
    });

    it('is heard of once when it is lost and once when it is back, without the password', async () => {
      const options = redisOptions(namespace);
      const lines: string[] = [];
      const logger = createLogger('info', { write: (line) => void lines.push(line) });
      const address = `127.0.0.1:${proxy.port}`;
      const northbound = new RedisNorthbound(`redis://default:hunter2@${address}`, { ...options, logger });
      onTestFinished(() => northbound.close());
      const gauge = async (): Promise<unknown> =>
        (await options.metrics.northboundEndpointUp.get()).values.map(({ value, labels }) => [
          labels['endpoint'],
          value,
        ]);
      await northbound.incarnation();
      expect(await gauge()).toEqual([[address, 1]]);
      proxy.passage = 'shut';
      proxy.reset();
      for (let attempt = 0; attempt < 3; attempt++)
        await expect(northbound.incarnation()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      expect(await gauge()).toEqual([[address, 0]]);
      proxy.passage = 'open';
      await eventually(() => northbound.incarnation());
      const events = lines.map((line) => (JSON.parse(line) as { event: string }).event);
      expect(events).toEqual(['northbound.endpoint-down', 'northbound.endpoint-up']);
      expect(lines.join('')).not.toContain('hunter2');
    });

    it('does not need Redis to know the scripts', async () => {
      const northbound = open();
      await northbound.incarnation();
      await redis.admin.script('FLUSH');
      expect(await northbound.incarnation()).toBe(await open().incarnation());
    });
  });

  describe('the incarnation', () => {
    it('is the same for everybody when Redis has drawn another replication id, and a new one', async () => {
      const [earlier, later] = [open(), open()];
      const before = await earlier.incarnation();
      await redis.admin.call('DEBUG', 'CHANGE-REPL-ID');
      const after = await later.incarnation();
      expect(after).not.toBe(before);
      for (const one of [earlier, later, open(), earlier]) expect(await one.incarnation()).toBe(after);
    });

    it('is another one, and every verb unavailable in between, when Redis is made a replica and a master again', async () => {
      const northbound = open();
      const registration = await northbound.registerChassis('cn1');
      await redis.admin.replicaof('127.0.0.1', '1');
      await expect(northbound.publish(registration, [say(1, 10)])).rejects.toMatchObject({
        code: 'UNAVAILABLE',
      });
      await expect(northbound.chassis()).rejects.toThrow('replica');
      await redis.admin.replicaof('NO', 'ONE');
      await eventually(() => northbound.incarnation());
      await expect(northbound.publish(registration, [say(1, 10)])).rejects.toMatchObject({
        code: 'REGISTRATION_LOST',
      });
    });

    it('is not begun by whoever only looks', async () => {
      const looking = open({ isReadOnly: true });
      await expect(looking.incarnation()).rejects.toThrow('start "port-status server"');
      const incarnation = await open().incarnation();
      await redis.admin.hset(key('meta'), 'origin', '1/another/server');
      expect(await looking.incarnation()).toBe(incarnation);
      await expect(looking.registerChassis('cn1')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      expect(await redis.admin.hget(key('meta'), 'origin')).toBe('1/another/server');
    });

    it('restarts the age of chassis and the ttl of listeners', async () => {
      const northbound = open();
      await northbound.registerChassis('cn1');
      await northbound.join(SERVER);
      await redis.admin.hset(key('chassis:cn1'), 'timestamp', 1);
      await redis.admin.hset(key('listeners'), 'n1', '1|1|3000|0|0|1-a|1|1');
      await redis.admin.hset(key('meta'), 'origin', '1/another/server');
      const [chassis] = await northbound.chassis();
      expect(chassis?.ageMs).toBeLessThan(30_000);
      expect(await northbound.listeners()).toMatchObject([{ id: 'n1', state: 'live', generation: '1-a' }]);
    });

    it('of another layout is refused and left as it is', async () => {
      await redis.admin.hset(key('meta'), 'origin', '99/run/replication');
      await expect(open().registerChassis('cn1')).rejects.toMatchObject({ code: 'LAYOUT' });
      await expect(
        remainsOf(`redis://127.0.0.1:${redis.port}`, redisOptions(namespace)),
      ).rejects.toMatchObject({
        code: 'LAYOUT',
      });
      expect(await redis.admin.keys(`*${namespace}*`)).toEqual([key('meta')]);
    });

    it('is refused where somebody else has a key under its name, and left as it is', async () => {
      await redis.admin.set(key('meta'), 'theirs');
      await expect(open().registerChassis('cn1')).rejects.toMatchObject({
        code: 'LAYOUT',
        message: expect.stringContaining('choose another northbound.namespace') as string,
      });
      expect(await redis.admin.get(key('meta'))).toBe('theirs');
    });
  });

  it.each([
    ['a database that Redis has not', () => redis.port, '/99', 'CONFIG', 'correct the number'],
    ['what is not Redis', () => notRedis.port, '', 'UNAVAILABLE', 'is not Redis; check'],
  ] as const)('says what to do where the URL leads to %s', async (_what, portOf, path, code, words) => {
    const url = `redis://127.0.0.1:${portOf()}${path}`;
    const northbound = new RedisNorthbound(url, redisOptions(namespace));
    onTestFinished(() => northbound.close());
    await expect(northbound.incarnation()).rejects.toMatchObject({
      code,
      message: expect.stringContaining(words) as string,
    });
  });

  describe('a listener', () => {
    const listener = fc.record({
      ageShare: fc.constantFrom(0, 0.3, 0.7, 1.5),
      isDraining: fc.boolean(),
      isFenced: fc.boolean(),
    });

    it('is judged by scripts as the domain judges it', async () => {
      const northbound = open();
      const registration = await northbound.registerChassis('cn1');
      let revision = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(listener, { maxLength: 4 }), async (listeners) => {
          await redis.admin.del(key('listeners'));
          const now = Number((await redis.admin.time())[0]) * 1000;
          for (const [index, { ageShare, isDraining, isFenced }] of listeners.entries()) {
            const flags = `${isFenced ? 1 : 0}|${isDraining ? 1 : 0}`;
            const text = `1|${now - ageShare * 60_000}|60000|${flags}|1-a|1|1`;
            await redis.admin.hset(key('listeners'), `n${index}`, text);
          }
          await northbound.publish(registration, [say(++revision, revision)]);
          const [stored] = await northbound.lookUp([{ chassis: 'cn1', portId: portId(revision) }]);
          const candidates = eligible(
            listeners.map(({ ageShare, isDraining, isFenced }, index) => ({
              id: `n${index}`,
              state: isFenced ? 'lapsed' : stateOf(ageShare * 60_000, 60_000, isDraining),
            })),
          ).map(({ id }) => id);
          const place = stored?.place?.kind === 'topic' ? stored.place.listener : stored?.place?.kind;
          expect(candidates.length === 0 ? ['unassigned'] : candidates).toContain(place);
        }),
        { numRuns: 60 },
      );
    });

    it('that a program serves which does not know what servers have done keeps what they said', async () => {
      const northbound = open();
      const membership = await northbound.join(SERVER);
      await redis.admin.hset(key('listeners'), 'n0', '1|1|60000|0|0|1-a|1,2|0.1.0');
      const done = { forMs: 1000, received: 3, written: 2, told: 1 };
      await northbound.heartbeat(membership, { done });
      for (const id of ['n0', 'n1']) await redis.admin.eval(EARLIER_DRAIN, 1, key('listeners'), id);
      expect(await northbound.listeners()).toMatchObject([
        { id: 'n0', program: '0.1.0', versions: [1, 2], done: undefined },
        { id: 'n1', state: 'draining', program: '1', versions: [1], done },
      ]);
      expect((await northbound.heartbeat(membership, { done })).isDraining).toBe(true);
    });

    it('whose timestamp is ahead of the clock, which was set back, is live for a ttl from now on', async () => {
      const northbound = open();
      const adopter = await northbound.join({ ...SERVER, id: 'n2' });
      await northbound.join(SERVER);
      const ahead = Number((await redis.admin.time())[0]) * 1000 + 3_600_000;
      await redis.admin.hset(key('listeners'), 'n1', `1|${ahead}|60000|0|0|1-a|1|1`);
      expect(await northbound.adopt(adopter, { max: 10 })).toMatchObject({ moved: 0 });
      const stored = (await redis.admin.hget(key('listeners'), 'n1')) ?? '';
      expect(Number(stored.split('|')[1])).toBeLessThan(ahead - 3_500_000);
    });
  });

  it('a call with more reports than one script takes is carried out in several', async () => {
    const northbound = open();
    let membership = await northbound.join(SERVER);
    const registration = await northbound.registerChassis('cn1');
    const reports = sayRange(1, 1203).map((report) => ({ ...report, revision: 2000 - report.revision }));
    expect(await northbound.publish(registration, reports)).toEqual({ stored: 1203, late: 0 });
    const deliveries = await drain(northbound, membership);
    expect(deliveries).toBe(1203);
    membership = await northbound.join(SERVER);
    expect(await northbound.heartbeat(membership)).toMatchObject({ backlog: 1203 });
    await northbound.leave(membership);
    const adopter = await northbound.join({ ...SERVER, id: 'n2' });
    expect(await northbound.adopt(adopter, { max: 1100 })).toEqual({
      moved: 1100,
      takenOver: [],
      more: true,
    });
    expect(await northbound.adopt(adopter, { max: 1100 })).toEqual({
      moved: 103,
      takenOver: [],
      more: false,
    });
    await redis.admin.del(key('topic:n2'));
    expect(await northbound.putBack(reports)).toBe(1203);
    const found = await northbound.receive(adopter, { max: 2000 });
    expect(await northbound.acknowledge(adopter, [...found, ...reports])).toBe(1203);
    expect(await northbound.publish(registration, reports)).toEqual({ stored: 0, late: 1203 });
  });

  it('uninstall finds the keys of its namespace by their own lists, and removes no others', async () => {
    await redis.admin.flushall();
    const url = `redis://127.0.0.1:${redis.port}`;
    const options = redisOptions(namespace);
    expect(await remainsOf(url, options)).toMatchObject({ hasData: false, traces: [] });
    const northbound = open();
    await publishAs(northbound, say(1, 10));
    const membership = await northbound.join(SERVER);
    await northbound.adopt(membership, { max: 10 });
    await northbound.receive(membership, { max: 10 });
    await publishAs(northbound, say(2, 11));
    await northbound.leave(await northbound.join({ ...SERVER, id: '*' }));
    await redis.admin.mset(`{${namespace}}`, '1', `{${namespace}2}:meta`, '1', 'meta', '1');
    const remains = await remainsOf(url, options);
    expect(remains.hasData).toBe(true);
    expect(remains.traces.join()).toContain(`{${namespace}}:`);
    await remains.destroy();
    expect((await redis.admin.keys('*')).sort()).toEqual(
      [`{${namespace}2}:meta`, `{${namespace}}`, 'meta'].sort(),
    );
    await remains.destroy();
    expect(await remainsOf(url, options)).toMatchObject({ hasData: false, traces: [] });
  });

  async function publishAs(northbound: Northbound, ...reports: ReturnType<typeof say>[]): Promise<void> {
    const registration: ChassisRegistration = await northbound.registerChassis('cn1');
    await northbound.publish(registration, reports);
  }

  /** Receives until nothing more waits. */
  async function drain(northbound: Northbound, membership: Membership): Promise<number> {
    const { backlog } = await northbound.heartbeat(membership);
    let count = 0;
    while (count < backlog) count += (await northbound.receive(membership, { max: 5000 })).length;
    return count;
  }
});

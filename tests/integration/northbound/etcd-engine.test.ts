import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { sayRange } from '../../../src/northbound/conformance/scene.js';
import { remainsOf } from '../../../src/northbound/destroy.js';
import type { Membership, Northbound } from '../../../src/northbound/northbound.js';
import { openNorthbound } from '../../../src/northbound/open.js';
import type { OpenOptions } from '../../../src/northbound/open-options.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { systemRandom } from '../../../src/runtime/random.js';
import { ETCD, startEtcd } from '../../support/etcd.js';
import type { EtcdCluster } from '../../support/etcd.js';
import { has } from '../../support/needs.js';

const LISTENER = { ttlMs: 60_000, versions: [1], program: '1' };

describe.runIf(has('integration/northbound/etcd-engine', ETCD))('the etcd engine', () => {
  let etcd: EtcdCluster;
  beforeAll(async () => {
    etcd = await startEtcd();
  });
  afterAll(() => etcd.dispose());

  let namespace: string;
  let tests = 0;
  beforeEach(() => {
    namespace = `engine-${++tests}`;
  });

  it('tells who waits for orphans when a listener has lapsed, without anybody looking', async () => {
    const [dying, staying] = [open(), open()];
    await dying.join({ id: 'n1', ...LISTENER, ttlMs: 2000 });
    const membership = await staying.join({ id: 'n2', ...LISTENER });
    await staying.untilOrphans(membership);
    expect(await staying.adopt(membership, { max: 10 })).toMatchObject({ takenOver: ['n1'] });
  });

  it('refuses a ttl for which etcd gives no lease', async () => {
    const joining = open().join({ id: 'n1', ...LISTENER, ttlMs: 1999 });
    await expect(joining).rejects.toMatchObject({ code: 'CONFIG' });
    await expect(joining).rejects.toThrow('listener.ttlMs must be at least 2000');
  });

  it('lists a listener whose program does not say what it has done', async () => {
    const server = open();
    const membership = await server.join({ id: 'n1', ...LISTENER });
    await server.heartbeat(membership, { done: { forMs: 1000, received: 3, written: 2, told: 1 } });
    const { generation } = membership;
    await etcd.ctl(
      'put',
      `/${namespace}/alive/n1`,
      JSON.stringify({ generation, timestamp: 1 }),
      '--ignore-lease',
    );
    expect(await server.listeners()).toMatchObject([{ id: 'n1', state: 'live', done: undefined }]);
  });

  it('rounds a ttl up to whole seconds', async () => {
    await open().join({ id: 'n1', ...LISTENER, ttlMs: 4001 });
    const [lease = ''] =
      /\b[0-9a-f]{16}\b/.exec(
        await etcd.ctl('get', `/${namespace}/alive/n1`, '-w', 'fields').then(leaseOf),
      ) ?? [];
    expect(await etcd.ctl('lease', 'timetolive', lease)).toContain('granted with TTL(5s)');
  });

  it.each([
    ['lapses', 'del', 'alive/n1'],
    ['leaves', 'del', 'listeners/n1'],
    ['is fenced', 'put', 'listeners/n1', '{}'],
  ])('places nothing with a listener that %s between the draw and the commit', async (_, ...words) => {
    const [command = '', key = '', ...value] = words;
    const server = open();
    await server.join({ id: 'n1', ...LISTENER });
    let isArmed = false;
    const next = (): number => {
      if (isArmed) etcd.ctlSync(command, `/${namespace}/${key}`, ...value);
      isArmed = false;
      return 0;
    };
    const agent = open({ random: { ...systemRandom, next } });
    const registration = await agent.registerChassis('cn1');
    isArmed = true;
    await agent.publish(registration, sayRange(1, 1));
    expect(isArmed).toBe(false);
    expect(await agent.reports('cn1', { limit: 1 })).toMatchObject([{ place: { kind: 'unassigned' } }]);
  });

  it('keeps every transaction within what etcd takes, however many listeners there are', async () => {
    const northbound = open();
    const first = await northbound.join({ id: 'first', ...LISTENER });
    const registration = await northbound.registerChassis('cn1');
    await northbound.publish(registration, sayRange(1, 150));
    const ids = Array.from({ length: 70 }, (_, index) => `n${index}`);
    const members = await Promise.all(ids.map((id) => northbound.join({ id, ...LISTENER })));
    const [adopter = first] = members;
    await northbound.leave(first);
    const again = sayRange(1, 150).map((report) => ({ ...report, revision: report.revision + 1000 }));
    expect(await northbound.publish(registration, again)).toEqual({ stored: 150, late: 0 });
    for (const membership of members.slice(1)) await northbound.leave(membership);
    const { moved } = await northbound.adopt(adopter, { max: 1000 });
    expect(moved).toBeGreaterThan(100);
    await etcd.ctl('del', '--prefix', `/${namespace}/topics/`);
    const keys = again.map(({ chassis, portId: port }) => ({ chassis, portId: port }));
    expect(await northbound.putBack(keys)).toBe(150);
    expect(await northbound.receive(adopter, { max: 1000 })).toHaveLength(150);
  });

  it('loses nothing while all publish, receive, acknowledge and adopt at once', async () => {
    const PORTS = 80;
    const ROUNDS = 15;
    const agent = open();
    const registration = await agent.registerChassis('cn1');
    const stop = new AbortController();
    const seen = new Map<string, number>();
    const servers = await Promise.all(['n1', 'n2', 'n3'].map((id) => serve(open(), id, seen, stop.signal)));
    for (let round = 0; round < ROUNDS; round++) {
      const reports = sayRange(1, PORTS).map((report) => ({
        ...report,
        revision: round * PORTS + report.revision,
      }));
      await agent.publish(registration, reports);
      if (round === 5) await servers[0]?.leave();
    }
    await untilEmpty(agent, PORTS);
    stop.abort(new Error('the test has seen enough'));
    await Promise.all(servers.map(({ ended }) => ended));
    const last = (ROUNDS - 1) * PORTS;
    expect([...seen.entries()].sort()).toEqual(
      sayRange(1, PORTS).map((report): [string, number] => [report.portId, last + report.revision]),
    );
  });

  it('keeps namespaces apart', async () => {
    await open().registerChassis('cn1');
    expect(await open({ namespace: `${namespace}-2` }).chassis()).toEqual([]);
  });

  it('refuses keys of another layout', async () => {
    await etcd.ctl('put', `/${namespace}/meta`, '{"layout":99,"incarnation":"x","origin":"1"}');
    await expect(open().incarnation()).rejects.toMatchObject({ code: 'LAYOUT' });
  });

  it('makes nothing for somebody who only looks', async () => {
    const looking = open({ isReadOnly: true });
    await expect(looking.chassis()).rejects.toMatchObject({ code: 'CONFIG' });
    expect(await etcd.ctl('get', '--prefix', `/${namespace}/`)).toBe('');
    const incarnation = await open().incarnation();
    expect(await looking.incarnation()).toBe(incarnation);
  });

  describe('its remains', () => {
    it('are all keys of its namespace, and none of another', async () => {
      const northbound = open();
      await northbound.publish(await northbound.registerChassis('cn1'), sayRange(1, 5));
      await etcd.ctl('put', `/${namespace}0`, 'of others');
      await etcd.ctl('put', `/${namespace}-2/meta`, 'of others');
      const remains = await remainsOf(url(), options());
      expect(remains).toMatchObject({
        hasData: true,
        traces: [`the 14 keys /${namespace}/… of etcd at 127.0.0.1:${etcd.first.clientPort}`],
      });
      await remains.destroy();
      expect(await etcd.ctl('get', '--prefix', `/${namespace}`, '--keys-only')).toBe(
        `/${namespace}-2/meta\n\n/${namespace}0\n\n`,
      );
    });

    it('are none where there is nothing', async () => {
      const remains = await remainsOf(url(), options());
      expect(remains).toMatchObject({ hasData: false, traces: [] });
      await remains.destroy();
    });

    it('are left alone where they are not ours', async () => {
      await etcd.ctl('put', `/${namespace}/x`, 'of others');
      await expect(remainsOf(url(), options())).rejects.toMatchObject({ code: 'LAYOUT' });
    });
  });

  function options(): OpenOptions & { readonly namespace: string } {
    return { clock: systemClock, random: systemRandom, namespace };
  }

  function url(): string {
    return `etcd://127.0.0.1:${etcd.first.clientPort}`;
  }

  function open(others: Partial<OpenOptions> = {}): Northbound {
    const northbound = openNorthbound(url(), { ...options(), ...others });
    onTestFinished(() => northbound.close());
    return northbound;
  }
});

interface Service {
  readonly leave: () => Promise<void>;
  readonly ended: Promise<void>;
}

/** A server that notes the newest revision of each port, and takes over what others leave. */
async function serve(
  northbound: Northbound,
  id: string,
  seen: Map<string, number>,
  signal: AbortSignal,
): Promise<Service> {
  const membership = await northbound.join({ id, ...LISTENER });
  const ended = Promise.all([
    handleReports(northbound, membership, seen, signal),
    handleOrphans(northbound, membership, signal),
  ]);
  return { leave: () => northbound.leave(membership), ended: ended.then(() => undefined) };
}

async function handleReports(
  northbound: Northbound,
  membership: Membership,
  seen: Map<string, number>,
  signal: AbortSignal,
): Promise<void> {
  await untilOver(signal, async () => {
    const deliveries = await northbound.receive(membership, { max: 30, signal });
    for (const { portId: port, revision } of deliveries)
      seen.set(port, Math.max(revision, seen.get(port) ?? 0));
    await northbound.acknowledge(membership, deliveries);
  });
}

async function handleOrphans(
  northbound: Northbound,
  membership: Membership,
  signal: AbortSignal,
): Promise<void> {
  await untilOver(signal, async () => {
    await northbound.untilOrphans(membership, { signal });
    await northbound.adopt(membership, { max: 1000 });
  });
}

/** Until the signal says stop, or the listener has left. */
async function untilOver(signal: AbortSignal, work: () => Promise<void>): Promise<void> {
  try {
    for (;;) await work();
  } catch (error) {
    if (signal.aborted || (error as { readonly code?: string }).code === 'REGISTRATION_LOST') return;
    throw error;
  }
}

async function untilEmpty(northbound: Northbound, ports: number): Promise<void> {
  for (;;) {
    const records = await northbound.reports('cn1', { limit: ports });
    if (records.every(({ place }) => place === undefined)) return;
    await systemClock.sleep(20);
  }
}

/** The id of the lease in what `etcdctl get -w fields` prints, in the spelling that `etcdctl lease` reads. */
function leaseOf(fields: string): string {
  const [, id = '0'] = /"Lease" : (-?\d+)/.exec(fields) ?? [];
  return BigInt(id).toString(16).padStart(16, '0');
}

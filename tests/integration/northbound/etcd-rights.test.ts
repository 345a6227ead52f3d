import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { brief, portId, say, sayRange } from '../../../src/northbound/conformance/scene.js';
import type { Membership, Northbound } from '../../../src/northbound/northbound.js';
import { openNorthbound } from '../../../src/northbound/open.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { systemRandom } from '../../../src/runtime/random.js';
import { createAgentUser, createServerUser } from '../../support/etcd-rights.js';
import { ETCD, startEtcd } from '../../support/etcd.js';
import type { EtcdCluster } from '../../support/etcd.js';
import { has } from '../../support/needs.js';

const SERVER = { id: 'n1', ttlMs: 60_000, versions: [1], program: '1' };

describe.runIf(has('integration/northbound/etcd-rights', ETCD))('rights in etcd', () => {
  let etcd: EtcdCluster;
  beforeAll(async () => {
    etcd = await startEtcd();
    await etcd.enableAuth();
  });
  afterAll(() => etcd.dispose());

  let namespace: string;
  let tests = 0;
  let server: Northbound;
  let membership: Membership;
  const key = (name: string): string => `/${namespace}/${name}`;

  beforeEach(async () => {
    namespace = `rights-${++tests}`;
    server = open(await createServerUser(etcd, namespace));
    membership = await server.join(SERVER);
  });

  it.each(['cn1', 'node 1', '*'])('are enough for the agent of chassis %j', async (chassis) => {
    const agent = open(await createAgentUser(etcd, namespace, chassis));
    const registration = await agent.registerChassis(chassis);
    expect(await agent.publish(registration, sayRange(1, 3, { chassis }))).toEqual({ stored: 3, late: 0 });
    await agent.keepChassis(registration, { complete: 3, version: '1' });
    expect(brief(await agent.reports(chassis, { limit: 10 }))).toEqual(['1@1', '2@2', '3@3']);
    expect(await agent.chassis([chassis])).toMatchObject([{ chassis, maxRevision: 3 }]);
    expect(await server.receive(membership, { max: 10 })).toHaveLength(3);
    await server.leave(membership);
    expect(await agent.publish(registration, [say(1, 4, { chassis })])).toEqual({ stored: 1, late: 0 });
  });

  it.each([
    ['cn1', 'cn10'],
    ['cn10', 'cn1'],
    ['*', 'cn1'],
  ])('keep the agent of %j from reporting for %j', async (chassis, other) => {
    const agent = open(await createAgentUser(etcd, namespace, chassis));
    const stolen = await server.registerChassis(other);
    await expect(agent.registerChassis(other)).rejects.toMatchObject({ code: 'RIGHTS' });
    await expect(agent.publish(stolen, [say(1, 1, { chassis: other })])).rejects.toMatchObject({
      code: 'RIGHTS',
    });
    expect(await server.reports(other, { limit: 10 })).toEqual([]);
  });

  it('refuse an agent all that is not its own', async () => {
    await publishFor('cn10', 1, 1);
    const user = await createAgentUser(etcd, namespace, 'cn1');
    const forbidden = [
      ['get', '--prefix', key('reports/')],
      ['get', key('chassis/cn10/registration')],
      ['put', key('reports/cn10'), 'x'],
      ['put', key(`reports/cn10/${portId(1)}`), 'x'],
      ['del', key(`reports/cn10/${portId(1)}`)],
      ['del', '--prefix', key('reports/cn1')],
      ['get', '--prefix', key('topics/')],
      ['put', key('listeners/n1'), 'x'],
      ['del', key('alive/n1')],
      ['put', key('left/n1'), ''],
      ['put', key('meta'), 'x'],
      ['put', key('doubts/cn10'), 'x'],
    ];
    for (const words of forbidden)
      await expect(etcd.ctlAs(user, ...words), words.join(' ')).rejects.toThrow('permission denied');
  });

  it('let an agent forge entries of a topic, which changes nothing', async () => {
    await publishFor('cn10', 1, 2);
    const user = await createAgentUser(etcd, namespace, 'cn1');
    const forged = [`cn10/${portId(9)}`, 'cn9/x', 'x', 'a/b/c', '/', '%/%'];
    for (const entry of forged) await etcd.ctlAs(user, 'put', key(`topics/n1/${entry}`), 'x');
    await etcd.ctlAs(user, 'put', key(`topics/n1/cn10/${portId(1)}`), 'x');
    expect(brief(await server.receive(membership, { max: 100 })).sort()).toEqual(['1@1', '2@2']);
    expect(await server.heartbeat(membership)).toMatchObject({ backlog: 2 });
    await etcd.ctlAs(user, 'put', key(`topics/n1/cn10/${portId(1)}`), 'again');
    await publishFor('cn11', 3, 3);
    expect(brief(await server.receive(membership, { max: 100 }))).toEqual(['3@3']);
  });

  it('let an agent write what it likes into its own reports, which stops nobody', async () => {
    const user = await createAgentUser(etcd, namespace, 'cn1');
    const whole = { revision: 1, version: 1, isDown: false, body: '{', incarnation: 'x', publishedAt: 1 };
    const records = ['nonsense', '{}', JSON.stringify({ ...whole, pendingSince: 1, place: 'n1' }), '[1]'];
    for (const [index, record] of records.entries()) {
      await etcd.ctlAs(user, 'put', key(`reports/cn1/p${index}`), record);
      await etcd.ctlAs(user, 'put', key(`topics/n1/cn1/p${index}`), 'x');
      await etcd.ctlAs(user, 'put', key(`unassigned/cn1/p${index}`), 'x');
    }
    await etcd.ctlAs(user, 'put', key('chassis/cn1/words'), 'nonsense');
    await publishFor('cn2', 1, 1);
    const deliveries = await server.receive(membership, { max: 100 });
    expect(deliveries.map(({ chassis, portId: port }) => `${chassis} ${port}`).sort()).toEqual([
      'cn1 p2',
      `cn2 ${portId(1)}`,
    ]);
    expect(await server.reports('cn1', { limit: 10 })).toHaveLength(1);
    expect((await server.chassis()).map(({ chassis }) => chassis)).toEqual(['cn2']);
    const next = await server.join({ ...SERVER, id: 'n2' });
    await server.leave(membership);
    expect(await server.adopt(next, { max: 100 })).toEqual({ moved: 2, takenOver: [], more: false });
    expect(await server.adopt(next, { max: 100 })).toEqual({ moved: 0, takenOver: [], more: false });
  });

  it('let an agent remove entries: putBack mends the topic', async () => {
    await publishFor('cn10', 1, 4);
    await server.receive(membership, { max: 1 });
    const user = await createAgentUser(etcd, namespace, 'cn1');
    await etcd.ctlAs(user, 'del', '--prefix', key('topics/n1/'));
    const keys = [1, 2, 3, 4].map((number) => ({ chassis: 'cn10', portId: portId(number) }));
    expect(await server.findLost(keys)).toEqual(keys);
    expect(await server.putBack(keys)).toBe(4);
    expect(brief(await server.receive(membership, { max: 100 }))).toContain('4@4');
    expect(await server.findLost(keys)).toEqual([]);
    expect(await server.putBack(keys)).toBe(0);
    expect(await server.heartbeat(membership)).toMatchObject({ backlog: 4 });
  });

  it('putBack places anew what waits for somebody who left', async () => {
    await publishFor('cn10', 1, 2);
    await server.leave(membership);
    const next = await server.join({ ...SERVER, id: 'n2' });
    const keys = [1, 2].map((number) => ({ chassis: 'cn10', portId: portId(number) }));
    expect(await server.putBack(keys)).toBe(0);
    await etcd.ctl('del', '--prefix', key('topics/n1/'));
    expect(await server.putBack(keys)).toBe(2);
    expect(brief(await server.receive(next, { max: 100 }))).toEqual(['1@1', '2@2']);
  });

  it('keep an agent from beginning an incarnation: it waits for a server', async () => {
    const agent = open(await createAgentUser(etcd, namespace, 'cn1'));
    await etcd.ctl('del', '--prefix', key(''));
    await expect(agent.registerChassis('cn1')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await server.incarnation();
    expect(await agent.registerChassis('cn1')).toMatchObject({ number: 1 });
  });

  it('let an agent that lost reports ask for an incarnation: a server begins it with its next heartbeat', async () => {
    const agent = open(await createAgentUser(etcd, namespace, 'cn1'));
    const registration = await agent.registerChassis('cn1');
    await agent.publish(registration, [say(1, 10)]);
    await etcd.ctl('del', key('chassis/cn1/revision'));
    await expect(agent.publish(registration, [say(1, 11)])).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(server.heartbeat(membership)).rejects.toMatchObject({ code: 'REGISTRATION_LOST' });
    await expect(agent.publish(registration, [say(1, 11)])).rejects.toMatchObject({
      code: 'REGISTRATION_LOST',
    });
    expect(await agent.registerChassis('cn1')).not.toMatchObject({ incarnation: membership.incarnation });
  });

  it('are told apart from a wrong password, and from none', async () => {
    const refusal = open(`${namespace}-server:p4ssw0rd`).incarnation();
    await expect(refusal).rejects.toMatchObject({ code: 'RIGHTS' });
    await expect(refusal).rejects.not.toThrow('p4ssw0rd');
    await expect(open(undefined).incarnation()).rejects.toMatchObject({ code: 'RIGHTS' });
  });

  function open(user: string | undefined): Northbound {
    const address = `127.0.0.1:${etcd.first.clientPort}`;
    const [name = '', password = ''] = (user ?? '').split(':').map(encodeURIComponent);
    const url = user === undefined ? `etcd://${address}` : `etcd://${name}:${password}@${address}`;
    const northbound = openNorthbound(url, { clock: systemClock, random: systemRandom, namespace });
    onTestFinished(() => northbound.close());
    return northbound;
  }

  async function publishFor(chassis: string, first: number, last: number): Promise<void> {
    await server.publish(await server.registerChassis(chassis), sayRange(first, last, { chassis }));
  }
});

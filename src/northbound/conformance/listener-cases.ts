import assert from 'node:assert/strict';
import { refused, say, sayRange } from './scene.js';
import type { Cases } from './scene.js';

export const listenerCases: Cases = {
  'a listener that joined is live and listed with what it said of itself': async (scene) => {
    const { northbound, membership } = await scene.server('n1');
    const [view, ...others] = await northbound.listeners();
    assert.deepEqual(others, []);
    const { ageMs, done, ...rest } = view ?? assert.fail('no listener is listed');
    const { ttlMs } = scene;
    const { generation } = membership;
    const said = { id: 'n1', ttlMs, versions: [1], program: '1' };
    assert.deepEqual(rest, { ...said, generation, state: 'live', backlog: 0 });
    assert.ok(ageMs >= 0 && ageMs < ttlMs / 2, `age ${ageMs}`);
    assert.equal(done, undefined);
  },

  'a listener is listed with what its last heartbeat said that it has done': async (scene) => {
    const server = await scene.server('n1');
    const { northbound, membership } = server;
    const seen = async (): Promise<unknown> => (await northbound.listeners())[0]?.done;
    assert.equal(await seen(), undefined);
    const done = { forMs: 86_400_000, received: 9_007_199_254_740_991, written: 118, told: 0 };
    await northbound.heartbeat(membership, { done: { ...done, received: 7 } });
    await northbound.heartbeat(membership, { done });
    assert.deepEqual(await seen(), done);
    await northbound.drain('n1');
    assert.deepEqual(await seen(), done);
    await server.heartbeat();
    assert.equal(await seen(), undefined);
  },

  'what a listener has done is not said of a later registration of its name': async (scene) => {
    const earlier = await scene.server('n1');
    const done = { forMs: 1000, received: 3, written: 2, told: 1 };
    await earlier.northbound.heartbeat(earlier.membership, { done });
    const later = await scene.server('n1');
    assert.equal((await later.northbound.listeners())[0]?.done, undefined);
  },

  'a silent listener is late, then lapsed; a heartbeat makes it live again': async (scene) => {
    const server = await scene.server('n1');
    const state = async (): Promise<string | undefined> => (await server.northbound.listeners())[0]?.state;
    await scene.pass(0.6);
    assert.equal(await state(), 'late');
    await scene.pass(0.6);
    assert.equal(await state(), 'lapsed');
    await server.heartbeat();
    assert.equal(await state(), 'live');
  },

  'a late listener gets reports only when nobody is live': async (scene) => {
    await scene.server('n1');
    await scene.pass(0.6);
    const live = await scene.server('n2');
    const agent = await scene.agent();
    await agent.publish(...sayRange(1, 20));
    assert.equal(await live.backlog(), 20);
    await live.leave();
    await agent.publish(...sayRange(21, 30));
    const [late] = await agent.northbound.listeners();
    assert.deepEqual([late?.id, late?.backlog], ['n1', 10]);
  },

  'a lapsed listener gets nothing': async (scene) => {
    await scene.server('n1');
    await scene.pass(1.2);
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    assert.deepEqual((await agent.stored(1))[0]?.place, { kind: 'unassigned' });
  },

  'a heartbeat tells how much is pending and since when': async (scene) => {
    const server = await scene.server('n1');
    assert.deepEqual(await server.heartbeat(), { backlog: 0, oldestMs: 0, isDraining: false });
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    await scene.pass(0.25);
    await agent.publish(say(1, 11), say(2, 12));
    const { backlog, oldestMs } = await server.heartbeat();
    assert.equal(backlog, 2);
    assert.ok(oldestMs >= Math.floor(scene.ttlMs / 4) && oldestMs < scene.ttlMs, `oldest ${oldestMs} ms`);
  },

  'the wait of a report that was acknowledged before begins anew': async (scene) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    await server.acknowledge(await server.receive());
    await scene.pass(0.5);
    await agent.publish(say(1, 11));
    const { oldestMs } = await server.heartbeat();
    assert.ok(oldestMs < scene.ttlMs / 2, `oldest ${oldestMs} ms`);
  },

  'the later of two registrations under one name fences the earlier': async (scene) => {
    const earlier = await scene.server('n1');
    const later = await scene.server('n1');
    assert.notEqual(earlier.membership.generation, later.membership.generation);
    await refused(earlier.heartbeat(), 'FENCED');
    await refused(earlier.receive(), 'FENCED');
    await refused(earlier.adopt(), 'FENCED');
    await later.heartbeat();
  },

  'a registration that came after the name was free again fences too': async (scene) => {
    const earlier = await scene.server('n1');
    await earlier.leave();
    await refused(earlier.heartbeat(), 'REGISTRATION_LOST');
    await scene.server('n1');
    await refused(earlier.heartbeat(), 'FENCED');
  },

  'a listener that left is no longer listed, and its verbs are refused': async (scene) => {
    const server = await scene.server('n1');
    await server.leave();
    assert.deepEqual(await server.northbound.listeners(), []);
    await refused(server.receive(), 'REGISTRATION_LOST');
    await refused(server.acknowledge([]), 'REGISTRATION_LOST');
    await refused(server.adopt(), 'REGISTRATION_LOST');
  },

  'leaving twice, or after a later registration came, changes nothing': async (scene) => {
    const earlier = await scene.server('n1');
    const later = await scene.server('n1');
    await earlier.leave();
    await later.heartbeat();
    await later.leave();
    await later.leave();
  },

  'a listener that is told to leave gets nothing more, learns it by its heartbeat, and keeps what waits':
    async (scene) => {
      const draining = await scene.server('n1');
      const agent = await scene.agent();
      await agent.publish(say(1, 1));
      const staying = await scene.server('n2');
      assert.equal(await staying.northbound.drain('n1'), true);
      assert.equal((await draining.heartbeat()).isDraining, true);
      await agent.publish(...sayRange(2, 21));
      assert.equal(await staying.backlog(), 20);
      assert.deepEqual(
        (await staying.northbound.listeners()).map(({ id, state }) => [id, state]),
        [
          ['n1', 'draining'],
          ['n2', 'live'],
        ],
      );
      assert.equal(await draining.acknowledge(await draining.receive()), 1);
    },

  'a listener that is told to leave gets nothing also where it is the last; its next registration is live':
    async (scene) => {
      const draining = await scene.server('n1');
      await draining.northbound.drain('n1');
      const agent = await scene.agent();
      await agent.publish(say(1, 1));
      assert.deepEqual((await agent.stored(1))[0]?.place, { kind: 'unassigned' });
      const again = await scene.server('n1');
      assert.equal((await again.heartbeat()).isDraining, false);
      assert.equal(await again.northbound.drain('n2'), false);
    },

  'a listener that is told to leave and falls silent lapses': async (scene) => {
    const silent = await scene.server('n1');
    await silent.northbound.drain('n1');
    await scene.pass(1.2);
    assert.equal((await silent.northbound.listeners())[0]?.state, 'lapsed');
  },

  'a name with a slash or no name at all is refused': async (scene) => {
    const northbound = await scene.connect();
    for (const id of ['', 'a/b', 'a\n']) {
      await refused(northbound.join({ id, ttlMs: scene.ttlMs, versions: [1], program: '1' }), 'CONFIG');
      await refused(northbound.registerChassis(id), 'CONFIG');
    }
  },
};

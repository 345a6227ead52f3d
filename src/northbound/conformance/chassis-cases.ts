import assert from 'node:assert/strict';
import type { ChassisView } from '../northbound.js';
import { refused, say } from './scene.js';
import type { Cases } from './scene.js';

export const chassisCases: Cases = {
  'a chassis registers with the number of its registration and nothing said yet': async (scene) => {
    const { northbound, registration } = await scene.agent();
    const incarnation = await northbound.incarnation();
    const { token, ...rest } = registration;
    assert.notEqual(token, '');
    assert.deepEqual(rest, { chassis: 'cn1', number: 1, incarnation, maxRevision: 0 });
  },

  'the later of two agents of one chassis fences the earlier': async (scene) => {
    const earlier = await scene.agent();
    await earlier.publish(say(1, 10));
    const later = await scene.agent();
    assert.deepEqual([later.registration.number, later.registration.maxRevision], [2, 10]);
    await refused(earlier.publish(say(1, 11)), 'FENCED');
    await refused(earlier.northbound.keepChassis(earlier.registration, { version: '1' }), 'FENCED');
    assert.deepEqual(await later.publish(say(1, 11)), { stored: 1, late: 0 });
  },

  'a registration of a chassis does not concern another': async (scene) => {
    const agent = await scene.agent('cn1');
    await scene.agent('cn10');
    assert.deepEqual(await agent.publish(say(1, 10)), { stored: 1, late: 0 });
  },

  'what a chassis says of itself is listed; what it does not repeat stays or ends as agreed': async (
    scene,
  ) => {
    const { northbound, registration } = await scene.agent();
    const { incarnation } = registration;
    const hold = { id: 'h1', ports: 7, sinceMs: 1795405481123 };
    await northbound.keepChassis(registration, { complete: 42, hold, version: '1.0' });
    const [said] = await northbound.chassis(['cn1']);
    assert.deepEqual(said?.complete, { revision: 42, incarnation });
    assert.deepEqual([said.hold, said.version], [hold, '1.0']);
    await northbound.keepChassis(registration, { version: '1.1' });
    const [later] = await northbound.chassis(['cn1']);
    assert.deepEqual(later?.complete, { revision: 42, incarnation });
    assert.deepEqual([later.hold, later.version], [undefined, '1.1']);
  },

  'the age of a chassis is that of its last word': async (scene) => {
    const { northbound, registration } = await scene.agent();
    const age = async (): Promise<number> => (await northbound.chassis())[0]?.ageMs ?? -1;
    await scene.pass(0.5);
    assert.ok((await age()) >= Math.floor(scene.ttlMs / 2));
    await northbound.keepChassis(registration, { version: '1' });
    assert.ok((await age()) < scene.ttlMs / 2);
  },

  'a chassis has another beat with every word': async (scene) => {
    const { northbound, registration } = await scene.agent();
    const beat = async (): Promise<string | undefined> => (await northbound.chassis())[0]?.beat;
    const first = await beat();
    assert.equal(await beat(), first);
    await northbound.keepChassis(registration, { version: '1' });
    const second = await beat();
    assert.notEqual(second, first);
    await northbound.registerChassis('cn1');
    assert.notEqual(await beat(), second);
  },

  'who takes over a silent chassis may publish in its name; its agent has to register again': async (
    scene,
  ) => {
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    const { northbound } = await scene.server('n1');
    const [view] = await northbound.chassis();
    const taken = await northbound.takeOverChassis('cn1', view?.beat ?? '');
    assert.ok(taken !== undefined);
    assert.equal(taken.maxRevision, 10);
    assert.deepEqual(await northbound.publish(taken, [say(1, 11, { isDown: true })]), { stored: 1, late: 0 });
    await refused(agent.publish(say(1, 12)), 'REGISTRATION_LOST');
    await refused(agent.northbound.keepChassis(agent.registration, { version: '1' }), 'REGISTRATION_LOST');
    const again = await scene.agent();
    assert.equal(again.registration.maxRevision, 11);
    await refused(northbound.publish(taken, [say(1, 13)]), 'FENCED');
  },

  'a chassis that has spoken since, or that nobody knows, is not taken over': async (scene) => {
    const { northbound, registration } = await scene.agent();
    const [view] = await northbound.chassis();
    await northbound.keepChassis(registration, { version: '1' });
    assert.equal(await northbound.takeOverChassis('cn1', view?.beat ?? ''), undefined);
    assert.equal(await northbound.takeOverChassis('cn2', view?.beat ?? ''), undefined);
    await northbound.keepChassis(registration, { version: '1' });
  },

  'an approval reaches the agent whose hold it is for, and nobody else': async (scene) => {
    const { northbound, registration } = await scene.agent();
    assert.equal(await northbound.approve('cn1'), false);
    assert.equal(await northbound.approve('cn2'), false);
    const note = { hold: { id: 'h1', ports: 7, sinceMs: 1 }, version: '1' };
    assert.equal((await northbound.keepChassis(registration, note)).approved, undefined);
    assert.equal(await northbound.approve('cn1'), true);
    assert.equal((await northbound.keepChassis(registration, note)).approved, 'h1');
    assert.equal((await northbound.chassis())[0]?.approved, 'h1');
  },

  'an approval of a silence is that of one beat, and ends with it': async (scene) => {
    const { northbound, registration } = await scene.agent();
    const view = async (): Promise<ChassisView | undefined> => (await northbound.chassis(['cn1']))[0];
    await northbound.keepChassis(registration, { hold: { id: 'h1', ports: 7, sinceMs: 1 }, version: '1' });
    const beat = (await view())?.beat;
    assert.equal(await northbound.approve('cn1', { beat }), true);
    assert.deepEqual([(await view())?.approved, (await view())?.beat], [beat, beat]);
    const { approved } = await northbound.keepChassis(registration, { version: '1' });
    assert.notEqual(approved, 'h1');
    assert.notEqual((await view())?.beat, beat);
    assert.equal(await northbound.approve('cn1', { beat }), false);
    assert.equal(await northbound.approve('cn2', { beat }), false);
  },

  'a chassis is told which wire versions the registered listeners read': async (scene) => {
    const { northbound, registration } = await scene.agent();
    const versions = async (): Promise<readonly (readonly number[])[]> =>
      (await northbound.keepChassis(registration, { version: '1' })).listenerVersions;
    assert.deepEqual(await versions(), []);
    await northbound.join({ id: 'n1', ttlMs: scene.ttlMs, versions: [1, 2], program: '1' });
    await northbound.join({ id: 'n2', ttlMs: scene.ttlMs, versions: [1], program: '1' });
    assert.deepEqual([...(await versions())].sort(), [[1], [1, 2]]);
  },
};

import assert from 'node:assert/strict';
import type { Faults } from './fixture.js';
import { brief, refused, say, sayRange } from './scene.js';
import type { Cases, Scene } from './scene.js';
import { waitingServer } from './wake-up-cases.js';

export const cutCases: Cases = {
  'a waiting receive ends when the connection is cut': async (scene) => {
    const { cut } = fault(scene, 'cut');
    const [server, deliveries] = await waitingServer(scene);
    await cut(server.northbound);
    await refused(server.heartbeat(), 'UNAVAILABLE');
    await refused(deliveries, 'UNAVAILABLE');
  },

  'a connection that was cut works again when it is restored, and nothing was lost': async (scene) => {
    const { cut, restore } = fault(scene, 'cut');
    const server = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    const incarnation = await server.northbound.incarnation();
    await cut(server.northbound);
    await refused(server.receive(), 'UNAVAILABLE');
    await restore(server.northbound);
    assert.equal(await server.northbound.incarnation(), incarnation);
    assert.deepEqual(brief(await server.receive()), ['1@10']);
  },
};

export const lossCases: Cases = {
  'a database that lost everything is another incarnation and knows nobody': async (scene) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    const before = await server.northbound.incarnation();
    await fault(scene, 'loseEverything')();
    await refused(server.heartbeat(), 'REGISTRATION_LOST');
    await refused(agent.publish(say(1, 11)), 'REGISTRATION_LOST');
    await refused(agent.northbound.keepChassis(agent.registration, { version: '1' }), 'REGISTRATION_LOST');
    assert.notEqual(await server.northbound.incarnation(), before);
    assert.deepEqual(await agent.stored(1), []);
    assert.deepEqual(await agent.northbound.listeners(), []);
  },

  'after a loss, a registration of the earlier incarnation is lost, not fenced by a new one': async (
    scene,
  ) => {
    const [server, agent] = [await scene.server('n1'), await scene.agent()];
    await fault(scene, 'loseEverything')();
    await scene.server('n1');
    await scene.server('n1');
    const again = await scene.agent();
    await refused(server.heartbeat(), 'REGISTRATION_LOST');
    await refused(agent.publish(say(1, 10)), 'REGISTRATION_LOST');
    assert.deepEqual([again.registration.number, again.registration.maxRevision], [1, 0]);
  },

  'a waiting receive ends when everything is lost': async (scene) => {
    const [server, deliveries] = await waitingServer(scene);
    await fault(scene, 'loseEverything')();
    await refused(server.heartbeat(), 'REGISTRATION_LOST');
    await refused(deliveries, 'REGISTRATION_LOST');
  },
};

export const rollBackCases: Cases = {
  'a database that was rolled back is another incarnation with the old records': async (scene) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    const before = await agent.northbound.incarnation();
    const { checkpoint, rollBack } = fault(scene, 'rollBack');
    await checkpoint();
    await agent.publish(say(1, 20), say(2, 21));
    await rollBack();
    await refused(server.heartbeat(), 'REGISTRATION_LOST');
    await refused(agent.publish(say(1, 30)), 'REGISTRATION_LOST');
    assert.notEqual(await agent.northbound.incarnation(), before);
    assert.deepEqual(brief(await agent.stored(1, 2)), ['1@10']);
    assert.equal((await agent.northbound.registerChassis('cn1')).maxRevision, 10);
  },

  'a record keeps the incarnation that it was published in': async (scene) => {
    const agent = await scene.agent();
    await agent.publish(...sayRange(1, 2));
    const { checkpoint, rollBack } = fault(scene, 'rollBack');
    await checkpoint();
    await rollBack();
    const again = await scene.agent();
    await again.publish(say(2, 50));
    const incarnations = (await again.stored(1, 2)).map(({ incarnation }) => incarnation);
    assert.deepEqual(incarnations, [agent.registration.incarnation, again.registration.incarnation]);
  },

  'a completeness that was said before the roll-back is of the earlier incarnation': async (scene) => {
    const { northbound, registration } = await scene.agent();
    await northbound.keepChassis(registration, { complete: 42, version: '1' });
    const { checkpoint, rollBack } = fault(scene, 'rollBack');
    await checkpoint();
    await rollBack();
    const [view] = await northbound.chassis();
    assert.deepEqual(view?.complete, { revision: 42, incarnation: registration.incarnation });
    assert.notEqual(await northbound.incarnation(), registration.incarnation);
  },

  'nothing is said for a registration of before the roll-back, also where its connection has seen the new incarnation':
    async (scene) => {
      const { northbound, registration } = await scene.agent();
      const { checkpoint, rollBack } = fault(scene, 'rollBack');
      await checkpoint();
      await rollBack();
      await northbound.incarnation();
      const word = northbound.keepChassis(registration, { complete: 42, version: '1' });
      await refused(word, 'REGISTRATION_LOST');
      assert.equal((await northbound.chassis())[0]?.complete, undefined);
    },

  'what an old registration brought back by a roll-back left is delivered when its name joins again': async (
    scene,
  ) => {
    await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    const { checkpoint, rollBack } = fault(scene, 'rollBack');
    await checkpoint();
    await rollBack();
    const again = await scene.server('n1');
    assert.deepEqual(brief(await again.receive()), ['1@10']);
  },
};

/** The fixture's way to bring a fault about; the case runs only where it declared one. */
function fault<F extends keyof Faults>({ fixture }: Scene, name: F): NonNullable<Faults[F]> {
  return fixture.faults[name] ?? assert.fail(`the fixture declares ${name} and lacks it`);
}

import assert from 'node:assert/strict';
import { brief, refused, say, sayRange } from './scene.js';
import type { Cases } from './scene.js';

export const receiveCases: Cases = {
  'a listener is given what waits in its topic, oldest first, up to a maximum': async (scene) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    for (const report of sayRange(1, 5)) await agent.publish(report);
    assert.deepEqual(brief(await server.receive(3)), ['1@1', '2@2', '3@3']);
    assert.deepEqual(brief(await server.receive(3)), ['4@4', '5@5']);
  },

  'a delivery is the report as it was published, with its incarnation and how long it waited': async (
    scene,
  ) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    await scene.pass(0.25);
    const [delivery] = await server.receive();
    const { waitedMs, incarnation, ...envelope } = delivery ?? assert.fail('nothing was delivered');
    assert.deepEqual(envelope, say(1, 10));
    assert.equal(incarnation, await server.northbound.incarnation());
    assert.ok(waitedMs >= Math.floor(scene.ttlMs / 4) && waitedMs < scene.ttlMs, `waited ${waitedMs} ms`);
  },

  'a report is given once per membership and stays pending until it is acknowledged': async (scene) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    assert.deepEqual(brief(await server.receive()), ['1@10']);
    await agent.publish(say(2, 11));
    assert.deepEqual(brief(await server.receive()), ['2@11']);
    assert.equal(await server.backlog(), 2);
  },

  'an acknowledged report keeps its record and has no place': async (scene) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    assert.equal(await server.acknowledge(await server.receive()), 1);
    const [record] = await agent.stored(1);
    assert.equal(record?.revision, 10);
    assert.equal(record.place, undefined);
    assert.equal(await server.backlog(), 0);
  },

  'an acknowledged DOWN is removed with its record': async (scene) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(say(1, 10, { isDown: true }), say(2, 11));
    assert.equal(await server.acknowledge(await server.receive()), 2);
    assert.deepEqual(brief(await agent.stored(1, 2)), ['2@11']);
  },

  'a report that arrived since the delivery survives the acknowledgement and is given': async (scene) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(say(1, 10, { isDown: true }), say(2, 11));
    const deliveries = await server.receive();
    await agent.publish(say(1, 12));
    assert.equal(await server.acknowledge(deliveries), 1);
    assert.deepEqual(brief(await server.receive()), ['1@12']);
    assert.equal(await server.backlog(), 1);
  },

  'what was acknowledged before is not counted again': async (scene) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    const deliveries = await server.receive();
    assert.deepEqual([await server.acknowledge(deliveries), await server.acknowledge(deliveries)], [1, 0]);
    assert.equal(await server.acknowledge([]), 0);
  },

  "a report in another listener's topic is not taken off": async (scene) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    const deliveries = await server.receive();
    const other = await scene.server('n2');
    assert.equal(await other.acknowledge(deliveries), 0);
    assert.equal(await server.backlog(), 1);
  },

  'what a membership was given and did not acknowledge is given to the next of that name': async (scene) => {
    const earlier = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(say(1, 10), say(2, 11), say(3, 12));
    const deliveries = await earlier.receive(2);
    await earlier.acknowledge(deliveries.slice(0, 1));
    const later = await scene.server('n1');
    assert.deepEqual(brief(await later.receive()), ['2@11', '3@12']);
  },

  'an acknowledgement by a fenced membership takes nothing off': async (scene) => {
    const earlier = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    const deliveries = await earlier.receive();
    const later = await scene.server('n1');
    await refused(earlier.acknowledge(deliveries), 'FENCED');
    assert.equal(await later.backlog(), 1);
  },

  'topics whose names are prefixes of each other do not mix': async (scene) => {
    const [short, long] = [await scene.server('n1'), await scene.server('n10')];
    const agent = await scene.agent();
    await agent.publish(...sayRange(1, 60));
    const [ofShort, ofLong] = [await short.receive(), await long.receive()];
    assert.equal(new Set([...brief(ofShort), ...brief(ofLong)]).size, 60);
    await short.acknowledge(ofShort);
    assert.deepEqual([await short.backlog(), await long.backlog()], [0, ofLong.length]);
  },

  'names with characters that mean something to a pattern are plain names': async (scene) => {
    const names = ['*', '?', '[a]', 'a', '%', '_', '{n1}', "'", 'n:1'];
    for (const name of names) await scene.server(name);
    const agents = await Promise.all(names.map(async (name) => scene.agent(name)));
    for (const agent of agents) {
      const { chassis } = agent.registration;
      await agent.publish(...sayRange(1, 40, { chassis }));
      assert.equal((await agent.northbound.reports(chassis, { limit: 100 })).length, 40);
    }
    const listeners = await agents[0]?.northbound.listeners();
    assert.deepEqual(listeners?.map(({ id }) => id).sort(), [...names].sort());
    assert.equal(
      listeners.reduce((sum, { backlog }) => sum + backlog, 0),
      40 * names.length,
    );
  },
};

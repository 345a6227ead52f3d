import assert from 'node:assert/strict';
import { brief, portId, refused, say, sayRange } from './scene.js';
import type { Cases } from './scene.js';

export const publishCases: Cases = {
  'a published report is stored with its content and pending in the topic of a live listener': async (
    scene,
  ) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    const report = say(1, 10);
    assert.deepEqual(await agent.publish(report), { stored: 1, late: 0 });
    const incarnation = await server.northbound.incarnation();
    const [{ pendingSinceMs, ...stored } = assert.fail('nothing is stored')] = await agent.stored(1);
    assert.deepEqual(stored, { ...report, incarnation, place: { kind: 'topic', listener: 'n1' } });
    assert.ok(Number.isSafeInteger(pendingSinceMs));
  },

  'a publish of many reports stores them all': async (scene) => {
    const agent = await scene.agent();
    assert.deepEqual(await agent.publish(...sayRange(1, 300)), { stored: 300, late: 0 });
    assert.equal((await agent.northbound.reports('cn1', { limit: 1000 })).length, 300);
  },

  'an empty publish changes nothing': async (scene) => {
    const agent = await scene.agent();
    assert.deepEqual(await agent.publish(), { stored: 0, late: 0 });
    assert.deepEqual(await agent.northbound.reports('cn1', { limit: 10 }), []);
  },

  'a publish that is refused stores none of its reports': async (scene) => {
    const agent = await scene.agent();
    await agent.northbound.registerChassis('cn1');
    await refused(agent.publish(say(1, 10), say(2, 11)), 'FENCED');
    assert.deepEqual(await agent.stored(1, 2), []);
  },

  'a publish that is refused does not fail the ones called with it': async (scene) => {
    const earlier = await scene.agent();
    const later = await earlier.northbound.registerChassis('cn1');
    const [first, second] = await Promise.allSettled([
      earlier.publish(say(1, 10)),
      earlier.northbound.publish(later, [say(2, 11)]),
    ]);
    assert.deepEqual([first.status, second.status], ['rejected', 'fulfilled']);
    assert.deepEqual(brief(await earlier.stored(1, 2)), ['2@11']);
  },

  'a report of another chassis, or a port that stands twice, is refused with all that was published beside it':
    async (scene) => {
      const agent = await scene.agent();
      await refused(agent.publish(say(1, 10), say(2, 11, { chassis: 'cn2' })), 'BUG');
      await refused(agent.publish(say(1, 10), say(1, 11)), 'BUG');
      assert.deepEqual(await agent.northbound.reports('cn1', { limit: 10 }), []);
    },

  'a report is unassigned while no listener is live': async (scene) => {
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    assert.deepEqual((await agent.stored(1))[0]?.place, { kind: 'unassigned' });
  },

  'a newer report of an unassigned port goes to the listener that came meanwhile': async (scene) => {
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    const server = await scene.server('n1');
    await agent.publish(say(1, 11));
    assert.deepEqual(brief(await server.receive()), ['1@11']);
    assert.equal(await server.backlog(), 1);
  },

  'a report that replaces a pending one keeps its place and its position': async (scene) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(...sayRange(1, 40));
    const other = await scene.server('n2');
    await agent.publish(...sayRange(2, 40).map((report) => ({ ...report, revision: report.revision + 100 })));
    assert.deepEqual([await server.backlog(), await other.backlog()], [40, 0]);
    assert.deepEqual(brief(await server.receive(3)), ['1@1', '2@102', '3@103']);
  },

  'a port that waits is given in the position of its first report, in the content of its newest': async (
    scene,
  ) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(...sayRange(1, 3));
    await agent.publish(say(1, 10));
    assert.deepEqual(brief(await server.receive()), ['1@10', '2@2', '3@3']);
  },

  'a report that replaces one already given is given again, after what waits': async (scene) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    await server.receive();
    await agent.publish(say(2, 11));
    await agent.publish(say(1, 12));
    assert.deepEqual(brief(await server.receiveAll(2)), ['2@11', '1@12']);
    assert.equal(await server.backlog(), 2);
  },

  'a report whose listener left is placed anew by the next publish of its port': async (scene) => {
    const leaving = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    await leaving.leave();
    const staying = await scene.server('n2');
    await agent.publish(say(1, 11));
    assert.deepEqual((await agent.stored(1))[0]?.place, { kind: 'topic', listener: 'n2' });
    assert.deepEqual(brief(await staying.receive()), ['1@11']);
  },

  'a late report changes nothing, and its publish resolves': async (scene) => {
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    assert.deepEqual(await agent.publish(say(1, 10), say(2, 9), say(3, 11)), { stored: 1, late: 2 });
    assert.deepEqual(brief(await agent.stored(1, 2, 3)), ['1@10', '3@11']);
  },

  'within one publish, lateness is judged by what the chassis gave before it': async (scene) => {
    const agent = await scene.agent();
    assert.deepEqual(await agent.publish(say(1, 30), say(2, 20), say(3, 10)), { stored: 3, late: 0 });
  },

  'the revisions of two chassis are never compared': async (scene) => {
    const agent = await scene.agent('cn1');
    const other = await scene.agent('cn2');
    await agent.publish(say(1, 50));
    assert.deepEqual(await other.publish(say(1, 10, { chassis: 'cn2' })), { stored: 1, late: 0 });
    assert.deepEqual(brief(await agent.stored(1)), ['1@50']);
  },

  'the greatest revision of a chassis outlives the records that it stood in': async (scene) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(say(1, 10, { isDown: true }));
    await server.acknowledge(await server.receive());
    assert.deepEqual(await agent.stored(1), []);
    assert.deepEqual(await agent.publish(say(1, 10)), { stored: 0, late: 1 });
    assert.equal((await agent.northbound.registerChassis('cn1')).maxRevision, 10);
  },

  'each live listener gets an equal share': async (scene) => {
    const names = ['n1', 'n2', 'n3'];
    for (const name of names) await scene.server(name);
    const agent = await scene.agent();
    await agent.publish(...sayRange(1, 900));
    const shares = (await agent.northbound.listeners()).map(({ backlog }) => backlog);
    // 300 each with a standard deviation of 14: seven of them on either side.
    assert.ok(
      shares.every((share) => share > 200 && share < 400),
      `shares of 900 reports: ${shares.join(', ')}`,
    );
  },

  'a publish of hundreds of ports finds each of them again': async (scene) => {
    const agent = await scene.agent();
    await agent.publish(...sayRange(1, 250));
    await agent.publish(
      ...sayRange(1, 250).map((report) => ({ ...report, revision: report.revision + 1000 })),
    );
    const stored = await agent.stored(1, 125, 250);
    assert.deepEqual(brief(stored), ['1@1001', '125@1125', '250@1250']);
    assert.equal(stored[0]?.portId, portId(1));
  },
};

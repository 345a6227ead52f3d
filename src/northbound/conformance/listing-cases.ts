import assert from 'node:assert/strict';
import { brief, portId, say, sayRange } from './scene.js';
import type { Cases } from './scene.js';
import type { TopicView } from '../northbound.js';

export const listingCases: Cases = {
  'the records of a chassis are listed in pages, in the order of their ports': async (scene) => {
    const agent = await scene.agent();
    await (await scene.agent('cn10')).publish(say(9, 1, { chassis: 'cn10' }));
    await agent.publish(say(3, 1), say(1, 2), say(5, 3), say(2, 4), say(4, 5));
    const { northbound } = agent;
    assert.deepEqual(brief(await northbound.reports('cn1', { limit: 2 })), ['1@2', '2@4']);
    const after = portId(2);
    assert.deepEqual(brief(await northbound.reports('cn1', { after, limit: 2 })), ['3@1', '4@5']);
    assert.deepEqual(brief(await northbound.reports('cn1', { after: portId(4), limit: 2 })), ['5@3']);
    assert.deepEqual(await northbound.reports('cn1', { after: portId(5), limit: 2 }), []);
  },

  'an unknown chassis has no records': async (scene) => {
    const northbound = await scene.connect();
    assert.deepEqual(await northbound.reports('cn1', { limit: 10 }), []);
  },

  'a look-up gives the records that exist, of any chassis': async (scene) => {
    const agent = await scene.agent('cn1');
    await (await scene.agent('cn2')).publish(say(2, 5, { chassis: 'cn2' }));
    await agent.publish(...sayRange(1, 3));
    const found = await agent.northbound.lookUp([
      { chassis: 'cn2', portId: portId(2) },
      { chassis: 'cn1', portId: portId(3) },
      { chassis: 'cn2', portId: portId(3) },
      { chassis: 'cn3', portId: portId(1) },
    ]);
    assert.deepEqual(brief(found).sort(), ['2@5', '3@3']);
    assert.deepEqual(await agent.northbound.lookUp([]), []);
  },

  'a record tells since when it has been pending, also where it was replaced meanwhile': async (scene) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    const since = async (): Promise<number | undefined> => (await agent.stored(1))[0]?.pendingSinceMs;
    const first = await since();
    assert.ok(first !== undefined && Number.isSafeInteger(first));
    await scene.pass(0.25);
    await agent.publish(say(1, 11));
    const replaced = await since();
    assert.ok(replaced !== undefined && replaced <= first);
    await server.acknowledge(await server.receive());
    assert.equal(await since(), undefined);
    await agent.publish(say(1, 12));
    assert.ok(((await since()) ?? 0) > replaced);
  },

  'some records are found among many of their chassis': async (scene) => {
    const agent = await scene.agent('cn1');
    await agent.publish(...sayRange(1, 100));
    const numbers = Array.from({ length: 13 }, (_, index) => 1 + 9 * index);
    const keys = numbers.map((number) => ({ chassis: 'cn1', portId: portId(number) }));
    const found = await agent.northbound.lookUp(keys);
    const there = numbers.filter((number) => number <= 100);
    assert.deepEqual(
      brief(found),
      there.map((number) => `${number}@${number}`),
    );
  },

  'chassis are listed by name, or only those asked for': async (scene) => {
    for (const name of ['cn2', 'cn10', 'cn1']) await scene.agent(name);
    const northbound = await scene.connect();
    const names = async (asked?: readonly string[]): Promise<readonly string[]> =>
      (await northbound.chassis(asked)).map(({ chassis }) => chassis);
    assert.deepEqual(await names(), ['cn1', 'cn10', 'cn2']);
    assert.deepEqual(await names(['cn2', 'cn1', 'unknown']), ['cn1', 'cn2']);
    assert.deepEqual(await names([]), []);
  },

  'a chassis that has said nothing of itself is listed without it': async (scene) => {
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    const [view] = await agent.northbound.chassis();
    assert.equal(view?.maxRevision, 10);
    assert.deepEqual([view.complete, view.hold, view.approved], [undefined, undefined, undefined]);
  },

  'listeners are listed by name with what is pending for each': async (scene) => {
    const agent = await scene.agent();
    const server = await scene.server('n2');
    await agent.publish(...sayRange(1, 4));
    await scene.server('n1');
    await server.acknowledge((await server.receive()).slice(0, 1));
    const listed = (await agent.northbound.listeners()).map(({ id, backlog }) => `${id}: ${backlog}`);
    assert.deepEqual(listed, ['n1: 0', 'n2: 3']);
  },

  'topics are listed by name with what waits in each, and which report longest': async (scene) => {
    const agent = await scene.agent();
    const server = await scene.server('n2');
    await agent.publish(say(2, 10));
    await scene.pass(0.25);
    await agent.publish(say(1, 11), say(3, 12));
    await scene.server('n1');
    await server.acknowledge((await server.receiveAll(3)).slice(2));
    const [first, second, ...others] = await agent.northbound.topics();
    assert.deepEqual(others, []);
    assert.deepEqual(topicOf(first), ['n1', 0, undefined]);
    assert.deepEqual(topicOf(second), ['n2', 2, '2 of cn1']);
    const { oldestMs = 0 } = second ?? {};
    assert.ok(oldestMs >= Math.floor(scene.ttlMs / 4) && oldestMs < scene.ttlMs, `oldest ${oldestMs} ms`);
    assert.equal(first?.oldestMs, 0);
  },

  "topics of a listener that left and nobody's are listed as long as something waits there": async (
    scene,
  ) => {
    const agent = await scene.agent();
    const { northbound } = agent;
    const left = await scene.server('n1');
    await agent.publish(say(1, 10));
    await left.leave();
    await agent.publish(say(2, 11), say(3, 12));
    const gone = (await northbound.topics()).map(topicOf);
    assert.deepEqual(gone, [
      [undefined, 2, '2 of cn1'],
      ['n1', 1, '1 of cn1'],
    ]);
    const next = await scene.server('n2');
    while ((await next.adopt()).more);
    const [topic, ...others] = (await northbound.topics()).map(topicOf);
    assert.deepEqual(others, []);
    assert.deepEqual(topic?.slice(0, 2), ['n2', 3]);
  },
};

/** `['n1', 2, '7 of cn1']`: its listener, what waits there, and the port and chassis of what waits longest. */
function topicOf(view: TopicView | undefined): readonly unknown[] {
  const { listener, backlog, oldest } = view ?? assert.fail('no such topic is listed');
  const port = oldest && Number.parseInt(oldest.portId.slice(-12), 16);
  return [listener, backlog, oldest && `${port} of ${oldest.chassis}`];
}

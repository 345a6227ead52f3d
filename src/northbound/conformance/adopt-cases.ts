import assert from 'node:assert/strict';
import { brief, portId, refused, say, sayRange } from './scene.js';
import type { Agent, Cases, Scene, Server } from './scene.js';
import { letWait } from './wake-up-cases.js';

export const adoptCases: Cases = {
  'there is nothing to adopt while everybody lives': async (scene) => {
    const server = await scene.server('n1');
    await scene.server('n2');
    await (await scene.agent()).publish(...sayRange(1, 10));
    assert.deepEqual(await server.adopt(), { moved: 0, takenOver: [], more: false });
  },

  "a lapsed listener's reports are moved to the living, and its registration ends": async (scene) => {
    const { adopter } = await lapse(scene, 5);
    assert.deepEqual(await adopter.adopt(), { moved: 5, takenOver: ['n1'], more: false });
    assert.deepEqual(brief(await adopter.receive()), ['1@1', '2@2', '3@3', '4@4', '5@5']);
    assert.deepEqual(
      (await adopter.northbound.listeners()).map(({ id }) => id),
      ['n2'],
    );
  },

  'a late listener is left alone': async (scene) => {
    const late = await scene.server('n1');
    await (await scene.agent()).publish(say(1, 10));
    await scene.pass(0.6);
    const adopter = await scene.server('n2');
    assert.deepEqual(await adopter.adopt(), { moved: 0, takenOver: [], more: false });
    assert.equal(await late.backlog(), 1);
  },

  'a listener that was taken over is refused until it joins again': async (scene) => {
    const { lapsed, adopter } = await lapse(scene, 1);
    await adopter.adopt();
    await refused(lapsed.heartbeat(), 'REGISTRATION_LOST');
    await refused(lapsed.receive(), 'REGISTRATION_LOST');
    const again = await scene.server('n1');
    assert.equal(await again.backlog(), 0);
  },

  'what a paused listener was given can no longer be acknowledged by it': async (scene) => {
    const lapsed = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    const deliveries = await lapsed.receive();
    await scene.pass(1.2);
    const adopter = await scene.server('n2');
    await adopter.adopt();
    await refused(lapsed.acknowledge(deliveries), 'REGISTRATION_LOST');
    assert.deepEqual(brief(await adopter.receive()), ['1@10']);
  },

  'an adopter moves at most what it was told and says that there is more': async (scene) => {
    const { adopter } = await lapse(scene, 5);
    assert.deepEqual(await adopter.adopt(3), { moved: 3, takenOver: [], more: true });
    assert.deepEqual(await adopter.adopt(3), { moved: 2, takenOver: ['n1'], more: false });
    assert.equal(await adopter.backlog(), 5);
  },

  'from the first chunk on the lapsed listener is fenced: its heartbeat does not revive it': async (
    scene,
  ) => {
    const { lapsed, adopter, agent } = await lapse(scene, 5);
    await adopter.adopt(1);
    await refused(lapsed.heartbeat(), 'REGISTRATION_LOST');
    await agent.publish(say(6, 6));
    assert.deepEqual((await agent.stored(6))[0]?.place, { kind: 'topic', listener: 'n2' });
  },

  'a report that still waits for a listener that is taken over is placed anew by the next publish of its port':
    async (scene) => {
      const { adopter, agent } = await lapse(scene, 5);
      await adopter.adopt(1);
      await agent.publish(say(5, 50));
      assert.deepEqual((await agent.stored(5))[0]?.place, { kind: 'topic', listener: 'n2' });
      assert.deepEqual(brief(await adopter.receive()), ['1@1', '5@50']);
    },

  'an adopter that has lapsed itself does not take itself over': async (scene) => {
    const { lapsed } = await lapse(scene, 1);
    assert.deepEqual(await lapsed.adopt(), { moved: 0, takenOver: [], more: false });
    assert.equal(await lapsed.backlog(), 1);
  },

  'another adopter finishes what one that died began': async (scene) => {
    const { adopter } = await lapse(scene, 5);
    await adopter.adopt(2);
    await adopter.northbound.close();
    await scene.pass(1.2);
    const second = await scene.server('n3');
    const { moved, takenOver } = await second.adopt();
    assert.deepEqual([moved, [...takenOver].sort()], [5, ['n1', 'n2']]);
    assert.equal(await second.backlog(), 5);
  },

  'a listener that joins again while it is being taken over keeps what was not moved yet': async (scene) => {
    const { adopter } = await lapse(scene, 5);
    await adopter.adopt(2);
    const again = await scene.server('n1');
    assert.deepEqual(brief(await again.receive()), ['3@3', '4@4', '5@5']);
    assert.deepEqual(await adopter.adopt(), { moved: 0, takenOver: [], more: false });
  },

  'two adopters at once move each report once': async (scene) => {
    const { adopter } = await lapse(scene, 40);
    const second = await scene.server('n3');
    const adoptions = await Promise.all([adopter.adopt(25), second.adopt(25)]);
    assert.equal(adoptions[0].moved + adoptions[1].moved, 40);
    assert.equal((await adopter.backlog()) + (await second.backlog()), 40);
  },

  'adopted reports are drawn over all who live, each with equal chance': async (scene) => {
    const { adopter } = await lapse(scene, 400);
    const second = await scene.server('n3');
    await adopter.adopt(400);
    const share = await second.backlog();
    // 200 with a standard deviation of 10: seven of them on either side.
    assert.ok(share > 130 && share < 270, `share of 400 reports: ${share}`);
  },

  'what was published while nobody was live is adopted by the first who joins': async (scene) => {
    const agent = await scene.agent();
    await agent.publish(...sayRange(1, 3));
    const server = await scene.server('n1');
    assert.deepEqual(await server.adopt(2), { moved: 2, takenOver: [], more: true });
    assert.deepEqual(await server.adopt(2), { moved: 1, takenOver: [], more: false });
    assert.deepEqual(brief(await server.receive()), ['1@1', '2@2', '3@3']);
  },

  'the topic of a listener that left is adopted': async (scene) => {
    const leaving = await scene.server('n1');
    await (await scene.agent()).publish(...sayRange(1, 3));
    await leaving.receive();
    await leaving.leave();
    const server = await scene.server('n10');
    assert.deepEqual(await server.adopt(), { moved: 3, takenOver: [], more: false });
    assert.deepEqual(brief(await server.receive()), ['1@1', '2@2', '3@3']);
  },

  'who waits for orphans is told when a listener leaves': async (scene) => {
    const [leaving, staying] = [await scene.server('n1'), await scene.server('n2')];
    const hint = staying.northbound.untilOrphans(staying.membership);
    await letWait(staying);
    await leaving.leave();
    await hint;
  },

  'who waits for orphans is told when a report is left unassigned': async (scene) => {
    const waiting = await scene.server('n1');
    const hint = waiting.northbound.untilOrphans(waiting.membership);
    await letWait(waiting);
    await waiting.northbound.drain('n1');
    await (await scene.agent()).publish(say(1, 10));
    await hint;
  },

  'who waits for orphans is not told of his own adoption': async (scene) => {
    const { adopter } = await lapse(scene, 5);
    await adopter.adopt();
    const { northbound, membership } = adopter;
    const giveUp = new AbortController();
    const hint = northbound.untilOrphans(membership, giveUp);
    const reason = new Error('the test has seen enough');
    const ending = assert.rejects(hint, reason);
    await letWait(adopter);
    giveUp.abort(reason);
    await ending;
  },

  'who waits for orphans can give up, and learns that its connection is closed': async (scene) => {
    const { northbound, membership } = await scene.server('n1');
    const reason = new Error('the test has seen enough');
    await assert.rejects(northbound.untilOrphans(membership, { signal: AbortSignal.abort(reason) }), reason);
    const waiting = refused(northbound.untilOrphans(membership), 'CLOSED');
    await northbound.incarnation();
    await northbound.close();
    await waiting;
    await refused(northbound.untilOrphans(membership), 'CLOSED');
  },

  'there is nothing to put back while every entry is where it should be': async (scene) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(...sayRange(1, 3));
    await server.receive(1);
    const keys = [1, 2, 3, 4].map((number) => ({ chassis: 'cn1', portId: portId(number) }));
    assert.deepEqual(await server.northbound.findLost(keys), []);
    assert.equal(await server.northbound.putBack(keys), 0);
    assert.deepEqual(brief(await server.receive()), ['2@2', '3@3']);
  },

  'what was acknowledged is not put back, and it may be anybody who asks': async (scene) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(say(1, 1));
    await server.acknowledge(await server.receive());
    await server.leave();
    const northbound = await scene.connect();
    assert.equal(await northbound.putBack([{ chassis: 'cn1', portId: portId(1) }]), 0);
  },

  'a report that is replaced after its adoption stays with whom it was moved to': async (scene) => {
    const { adopter, agent } = await lapse(scene, 1);
    await adopter.adopt();
    await scene.server('n3');
    await agent.publish(say(1, 50));
    assert.deepEqual(brief(await adopter.receive()), ['1@50']);
  },
};

/** Listener n1 has lapsed with reports 1 to `count` in its topic; n2 is live. */
async function lapse(
  scene: Scene,
  count: number,
): Promise<{ readonly lapsed: Server; readonly adopter: Server; readonly agent: Agent }> {
  const lapsed = await scene.server('n1');
  const agent = await scene.agent();
  await agent.publish(...sayRange(1, count));
  await scene.pass(1.2);
  return { lapsed, agent, adopter: await scene.server('n2') };
}

import assert from 'node:assert/strict';
import { brief, refused, say, sayRange } from './scene.js';
import type { Cases, Scene, Server } from './scene.js';

export const wakeUpCases: Cases = {
  'a waiting receive is woken by a publish': async (scene) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    const deliveries = server.receive();
    await letWait(server);
    await agent.publish(say(1, 10));
    assert.deepEqual(brief(await deliveries), ['1@10']);
  },

  'a receive that waits again is woken again': async (scene) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    for (const report of sayRange(1, 20)) {
      const deliveries = server.receive();
      await agent.publish(report);
      await server.acknowledge(await deliveries);
    }
    assert.equal(await server.backlog(), 0);
  },

  'a waiting receive is woken by a newer report of what it was given': async (scene) => {
    const server = await scene.server('n1');
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    await server.receive();
    const deliveries = server.receive();
    await letWait(server);
    await agent.publish(say(1, 11));
    assert.deepEqual(brief(await deliveries), ['1@11']);
  },

  'a waiting receive is woken by an adoption': async (scene) => {
    const agent = await scene.agent();
    await agent.publish(say(1, 10));
    const server = await scene.server('n1');
    const deliveries = server.receive();
    await letWait(server);
    await server.adopt();
    assert.deepEqual(brief(await deliveries), ['1@10']);
  },

  "a waiting receive is woken by another listener's adoption": async (scene) => {
    const agent = await scene.agent();
    await agent.publish(...sayRange(1, 64));
    const [server, adopter] = [await scene.server('n1'), await scene.server('n2')];
    const deliveries = server.receive();
    await letWait(server);
    await adopter.adopt();
    assert.ok((await deliveries).length > 0);
  },

  'a waiting receive ends when a later registration takes the name': async (scene) => {
    const earlier = await scene.server('n1');
    const ending = refused(earlier.receive(), 'FENCED');
    await letWait(earlier);
    await scene.server('n1');
    await ending;
  },

  'a waiting receive ends when its signal is aborted, and nothing is lost': async (scene) => {
    const server = await scene.server('n1');
    const giveUp = new AbortController();
    const { signal } = giveUp;
    const deliveries = server.northbound.receive(server.membership, { max: 10, signal });
    const reason = new Error('the test has seen enough');
    const ending = assert.rejects(deliveries, reason);
    await letWait(server);
    giveUp.abort(reason);
    await ending;
    await (await scene.agent()).publish(say(1, 10));
    assert.deepEqual(brief(await server.receive()), ['1@10']);
  },

  'a waiting receive ends when its connection is closed': async (scene) => {
    const server = await scene.server('n1');
    const ending = refused(server.receive(), 'CLOSED');
    await letWait(server);
    await server.northbound.close();
    await ending;
  },
};

/** Two round trips on the same connection: what was called before them has got to where it waits. */
export async function letWait({ northbound }: Server): Promise<void> {
  await northbound.incarnation();
  await northbound.listeners();
}

/** A server that waits on its topic. */
export async function waitingServer(scene: Scene): Promise<readonly [Server, ReturnType<Server['receive']>]> {
  const server = await scene.server('n1');
  const deliveries = server.receive();
  // A refusal that comes before anybody looks is looked at later.
  deliveries.catch(() => undefined);
  await letWait(server);
  return [server, deliveries];
}

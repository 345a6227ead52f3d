import assert from 'node:assert/strict';
import type { CallOptions, Northbound } from '../northbound.js';
import { portId, refused, say } from './scene.js';
import type { Agent, Cases, Scene, Server } from './scene.js';

interface Registered {
  readonly agent: Agent;
  readonly server: Server;
  readonly northbound: Northbound;
}

type Verb = (registered: Registered, options?: CallOptions) => Promise<unknown>;

/** Every verb of the interface that answers, but `close`, called as it should be. */
const VERBS: Readonly<
  Record<Exclude<keyof Northbound, 'engine' | 'spreadMs' | 'untilOrphans' | 'close'>, Verb>
> = {
  registerChassis: ({ northbound }, options) => northbound.registerChassis('cn2', options),
  keepChassis: ({ northbound, agent }, options) =>
    northbound.keepChassis(agent.registration, { version: '1' }, options),
  publish: ({ northbound, agent }, options) => northbound.publish(agent.registration, [say(1, 10)], options),
  takeOverChassis: ({ northbound }, options) => northbound.takeOverChassis('cn1', 'another', options),
  join: ({ northbound, server }, options) => northbound.join({ ...server.membership, id: 'n2' }, options),
  heartbeat: ({ northbound, server }, options) => northbound.heartbeat(server.membership, options),
  receive: ({ northbound, server }, options) =>
    northbound.receive(server.membership, { max: 10, ...options }),
  acknowledge: ({ northbound, server }, options) =>
    northbound.acknowledge(server.membership, [say(1, 10)], options),
  adopt: ({ northbound, server }, options) => northbound.adopt(server.membership, { max: 10, ...options }),
  findLost: ({ northbound }, options) =>
    northbound.findLost([{ chassis: 'cn1', portId: portId(1) }], options),
  putBack: ({ northbound }, options) => northbound.putBack([{ chassis: 'cn1', portId: portId(1) }], options),
  leave: ({ northbound, server }, options) => northbound.leave(server.membership, options),
  drain: ({ northbound }, options) => northbound.drain('n1', options),
  incarnation: ({ northbound }, options) => northbound.incarnation(options),
  listeners: ({ northbound }, options) => northbound.listeners(options),
  topics: ({ northbound }, options) => northbound.topics(options),
  chassis: ({ northbound }, options) => northbound.chassis(undefined, options),
  reports: ({ northbound }, options) => northbound.reports('cn1', { limit: 10 }, options),
  lookUp: ({ northbound }, options) => northbound.lookUp([{ chassis: 'cn1', portId: portId(1) }], options),
  approve: ({ northbound }, options) => northbound.approve('cn1', options),
};

export const traitCases: Cases = {
  ...forEveryVerb('throws CLOSED after close', async (scene, verb) => {
    const registered = await register(scene);
    await registered.northbound.close();
    await refused(verb(registered), 'CLOSED');
  }),

  ...forEveryVerb(
    "throws its signal's reason when that is aborted, and does nothing",
    async (scene, verb) => {
      const registered = await register(scene);
      const before = await picture(registered);
      const reason = new Error('the test has seen enough');
      await assert.rejects(verb(registered, { signal: AbortSignal.abort(reason) }), reason);
      assert.deepEqual(await picture(registered), before);
    },
  ),

  'close can be called twice': async (scene) => {
    const northbound = await scene.connect();
    await northbound.close();
    await northbound.close();
  },

  'the engine has a name': async (scene) => {
    assert.match((await scene.connect()).engine, /^[a-z]+$/);
  },
};

export const cutTraits: Cases = forEveryVerb(
  'throws UNAVAILABLE while the connection is cut, and works after',
  async (scene, verb) => {
    const registered = await register(scene);
    const { northbound, agent } = registered;
    const { cut } = scene.fixture.faults;
    await cut?.cut(northbound);
    await refused(verb(registered), 'UNAVAILABLE');
    await cut?.restore(northbound);
    await northbound.publish(agent.registration, [say(2, 20)]);
    await verb(registered);
  },
);

function forEveryVerb(claim: string, run: (scene: Scene, verb: Verb) => Promise<void>): Cases {
  return Object.fromEntries(
    Object.entries(VERBS).map(([name, verb]) => [`${name} ${claim}`, (scene: Scene) => run(scene, verb)]),
  );
}

/** A chassis and a listener that are registered over one connection. */
async function register(scene: Scene): Promise<Registered> {
  const agent = await scene.agent();
  const { northbound } = agent;
  const server = await scene.server('n1');
  return { agent, server, northbound };
}

/** What a verb that did something would have changed. */
async function picture({ server }: Registered): Promise<unknown> {
  const { northbound } = server;
  const listeners = await northbound.listeners();
  const chassis = await northbound.chassis();
  return {
    listeners: listeners.map(({ id, generation, backlog, state }) => [id, generation, backlog, state]),
    chassis: chassis.map(({ chassis: name, version, maxRevision }) => [name, version, maxRevision]),
  };
}

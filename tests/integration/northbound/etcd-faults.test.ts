import { describe, expect, it, vi } from 'vitest';
import { brief, portId, refused, say } from '../../../src/northbound/conformance/scene.js';
import { openNorthbound } from '../../../src/northbound/open.js';
import type { NetworkOptions } from '../../../src/northbound/open-options.js';
import type { ChassisRegistration, Membership, Northbound } from '../../../src/northbound/northbound.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { createLogger } from '../../../src/runtime/logger.js';
import { createMetrics } from '../../../src/runtime/metrics.js';
import { Opened } from '../../../src/runtime/opened.js';
import { systemRandom } from '../../../src/runtime/random.js';
import { ETCD, startEtcd } from '../../support/etcd.js';
import type { EtcdCluster, EtcdOptions } from '../../support/etcd.js';
import { pass } from '../../support/eventually.js';
import { freePort } from '../../support/free-port.js';
import { has } from '../../support/needs.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';
import type { TcpProxy } from '../../support/tcp-proxy.js';

const LISTENER = { ttlMs: 60_000, versions: [1], program: '1' };

// Tests wait for servers that start and for time-outs: side by side.
vi.setConfig({ maxConcurrency: 6 });

describe.runIf(has('integration/northbound/etcd-faults', ETCD))('an etcd of its own', () => {
  itWithStage(
    'that was restored under its old id begins a new incarnation when somebody comes who saw more of it',
    async (stage) => {
      const cluster = await stage.start();
      const [agent, server] = [stage.open(cluster), stage.open(cluster)];
      const registration = await agent.registerChassis('cn1');
      await cluster.save();
      const membership = await server.join({ id: 'n1', ...LISTENER });
      await cluster.goBack({ isSameCluster: true });
      await refused(
        answered(() => server.heartbeat(membership)),
        'REGISTRATION_LOST',
      );
      await refused(agent.publish(registration, [say(1, 10)]), 'REGISTRATION_LOST');
    },
  );

  itWithStage(
    'that was restored and has come further since begins one when somebody comes who lost a report',
    async (stage) => {
      const { agent, server, registration, before } = await loseAReport(stage);
      expect(await answered(() => server.incarnation())).toBe(before);
      await refused(
        answered(() => agent.publish(registration, [say(1, 11)])),
        'REGISTRATION_LOST',
      );
      expect(await server.incarnation()).not.toBe(before);
    },
  );

  itWithStage(
    'that was restored takes no word of completeness from a chassis that lost a report',
    async (stage) => {
      const { agent, server, registration } = await loseAReport(stage);
      await refused(
        answered(() => agent.keepChassis(registration, { complete: 10, version: '1' })),
        'REGISTRATION_LOST',
      );
      expect(await server.chassis(['cn1'])).toMatchObject([{ complete: undefined }]);
    },
  );

  itWithStage('that was restored under a new id begins one for whoever comes first', async (stage) => {
    const cluster = await stage.start();
    const before = await stage.open(cluster).incarnation();
    await cluster.save();
    await cluster.goBack();
    expect(await answered(() => stage.open(cluster).incarnation())).not.toBe(before);
  });

  itWithStage('whose data was removed begins a new incarnation', async (stage) => {
    const cluster = await stage.start();
    const server = stage.open(cluster);
    const membership = await server.join({ id: 'n1', ...LISTENER });
    await cluster.loseEverything();
    await refused(
      answered(() => server.heartbeat(membership)),
      'REGISTRATION_LOST',
    );
  });

  itWithStage('whose token has expired is logged in to again, and nobody notices', async (stage) => {
    const cluster = await stage.start({ flags: ['--auth-token-ttl=1'] });
    await cluster.enableAuth();
    const northbound = stage.open(cluster, { user: 'root:secret' });
    const incarnation = await northbound.incarnation();
    await pass(3500);
    expect(await northbound.incarnation()).toBe(incarnation);
  });

  itWithStage('that was restarted is logged in to again, and nothing is lost', async (stage) => {
    const cluster = await stage.start();
    await cluster.enableAuth();
    const server = stage.open(cluster, { user: 'root:secret' });
    const [membership, deliveries] = await waitingServer(server);
    await cluster.first.kill();
    cluster.first.startAgain();
    await refused(deliveries, 'UNAVAILABLE');
    await answered(() => server.heartbeat(membership));
    await publishOne(stage.open(cluster, { user: 'root:secret' }));
    expect(brief(await server.receive(membership, { max: 10 }))).toEqual(['1@10']);
  });

  itWithStage('that has thrown away what a watch was to tell of is listed again', async (stage) => {
    const cluster = await stage.start();
    const proxy = await stage.proxyTo(cluster);
    const [server, agent] = [stage.open(cluster, { proxy }), stage.open(cluster)];
    const membership = await server.join({ id: 'n1', ...LISTENER });
    const registration = await agent.registerChassis('cn1');
    await agent.publish(registration, [say(1, 10)]);
    await server.receive(membership, { max: 10 });
    proxy.passage = 'shut';
    proxy.reset();
    await refused(server.heartbeat(membership), 'UNAVAILABLE');
    await agent.publish(registration, [say(2, 11)]);
    await cluster.compact();
    proxy.passage = 'open';
    await answered(() => server.heartbeat(membership));
    expect(brief(await server.receive(membership, { max: 10 }))).toEqual(['2@11']);
  });

  itWithStage('that swallows what it is sent is given up after three seconds', async (stage) => {
    const cluster = await stage.start();
    const proxy = await stage.proxyTo(cluster);
    const northbound = stage.open(cluster, { proxy });
    await northbound.incarnation();
    proxy.passage = 'black-hole';
    const askedAtMs = systemClock.monotonicMs();
    await refused(northbound.incarnation(), 'UNAVAILABLE');
    expect(systemClock.monotonicMs() - askedAtMs).toBeLessThan(10_000);
    proxy.passage = 'open';
    await answered(() => northbound.incarnation());
  });

  itWithStage(
    'whose watch has fallen silent is noticed by heartbeats that it does not tell of',
    async (stage) => {
      const cluster = await stage.start();
      const proxy = await stage.proxyTo(cluster);
      const server = stage.open(cluster, { proxy });
      const [membership, deliveries] = await waitingServer(server);
      const lost = refused(deliveries, 'UNAVAILABLE');
      proxy.halfOpen();
      await publishOne(stage.open(cluster));
      const stop = new AbortController();
      const beating = beatUntil(server, membership, stop.signal);
      await lost;
      stop.abort();
      await beating;
      expect(brief(await answered(() => server.receive(membership, { max: 10 })))).toEqual(['1@10']);
    },
  );

  itWithStage('is asked through another member where one was killed, and nothing is lost', async (stage) => {
    await expectServiceWithout(stage, await stage.start({ members: 3 }), () => 0);
  });

  itWithStage('goes on under another leader', async (stage) => {
    await expectServiceWithout(stage, await stage.start({ members: 3 }), (cluster) => cluster.findLeader());
  });

  itWithStage('is asked through another member within a second where one stands still', async (stage) => {
    const cluster = await stage.start({ members: 3 });
    const follower = ((await cluster.findLeader()) + 1) % 3;
    const server = stage.open(cluster, { begin: follower });
    const membership = await server.join({ id: 'n1', ...LISTENER });
    cluster.members[follower]?.signal('SIGSTOP');
    await server.heartbeat(membership);
  });

  itWithStage('is not thought ill of where a caller gave up', async (stage) => {
    const cluster = await stage.start();
    const proxy = await stage.proxyTo(cluster);
    const metrics = createMetrics();
    const northbound = stage.open(cluster, { proxy, metrics });
    await northbound.incarnation();
    proxy.passage = 'black-hole';
    const reason = new Error('the test has seen enough');
    const giveUp = new AbortController();
    const asking = expect(northbound.incarnation(giveUp)).rejects.toBe(reason);
    giveUp.abort(reason);
    await asking;
    expect((await metrics.northboundEndpointUp.get()).values).toMatchObject([{ value: 1 }]);
  });

  itWithStage(
    'is asked through another member where the first does not run, and the log says so once',
    async (stage) => {
      const cluster = await stage.start();
      const endpoint = `127.0.0.1:${await freePort()}`;
      const metrics = createMetrics();
      const lines: string[] = [];
      const logger = createLogger('info', { write: (line) => lines.push(line) });
      const northbound = stage.open(cluster, { first: endpoint, logger, metrics });
      for (const name of ['cn1', 'cn2', 'cn3']) await northbound.registerChassis(name);
      expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
        { event: 'northbound.endpoint-down', endpoint, why: 'ECONNREFUSED' },
      ]);
      const { values } = await metrics.northboundEndpointUp.get();
      expect(values).toEqual([
        { labels: { endpoint }, value: 0 },
        { labels: { endpoint: `127.0.0.1:${cluster.first.clientPort}` }, value: 1 },
      ]);
    },
  );
});

/** A waiting receive fails when its member dies; it, and all other verbs, then go on with another member. */
async function expectServiceWithout(
  stage: Stage,
  cluster: EtcdCluster,
  choose: (cluster: EtcdCluster) => number | Promise<number>,
): Promise<void> {
  const [server, agent] = [stage.open(cluster), stage.open(cluster)];
  const membership = await server.join({ id: 'n1', ...LISTENER });
  const registration = await agent.registerChassis('cn1');
  await agent.publish(registration, [say(1, 10)]);
  expect(brief(await server.receive(membership, { max: 10 }))).toEqual(['1@10']);
  await cluster.members[await choose(cluster)]?.kill();
  const outcome = await answered(() => agent.publish(registration, [say(2, 11)]));
  expect(outcome.stored + outcome.late).toBe(1);
  await answered(() => server.heartbeat(membership));
  const deliveries = await answered(() => server.receive(membership, { max: 10 }));
  expect(brief(deliveries)).toContain('2@11');
  await server.acknowledge(membership, deliveries);
  expect(await agent.lookUp([{ chassis: 'cn1', portId: portId(2) }])).toMatchObject([{ place: undefined }]);
}

/** What one test has started: ended with it. */
class Stage extends Opened {
  async start(options?: EtcdOptions): Promise<EtcdCluster> {
    const cluster = await startEtcd(options);
    this.add({ close: () => cluster.dispose() });
    return cluster;
  }

  async proxyTo(cluster: EtcdCluster): Promise<TcpProxy> {
    const proxy = await startTcpProxy({ port: cluster.first.clientPort, host: '127.0.0.1' });
    this.add({ close: () => proxy.dispose() });
    return proxy;
  }

  open(cluster: EtcdCluster, { user, proxy, first, begin = 0, ...watchers }: Opening = {}): Northbound {
    const ports = proxy === undefined ? cluster.members.map(({ clientPort }) => clientPort) : [proxy.port];
    const members = ports.map((port) => `127.0.0.1:${port}`);
    const hosts = first === undefined ? members : [first, ...members];
    const url = `etcd://${user === undefined ? '' : `${user}@`}${hosts.join(',')}`;
    const random = { ...systemRandom, next: () => (begin + 0.5) / hosts.length };
    return this.add(openNorthbound(url, { clock: systemClock, random, ...watchers }));
  }
}

interface Opening extends NetworkOptions {
  readonly user?: string;
  readonly proxy?: TcpProxy;
  /** An endpoint that is named before the cluster's. */
  readonly first?: string;
  /** Number of the member that is asked first. */
  readonly begin?: number;
}

function itWithStage(name: string, run: (stage: Stage) => Promise<void>): void {
  it.concurrent(name, async () => {
    await using stage = new Stage();
    await run(stage);
  });
}

/** What a verb says once etcd answers; other refusals than UNAVAILABLE are its answer. */
async function answered<T>(verb: () => Promise<T>): Promise<T> {
  for (;;) {
    const [outcome] = await Promise.allSettled([verb()]);
    if (outcome.status === 'fulfilled') return outcome.value;
    const { code } = outcome.reason as { readonly code?: string };
    if (code !== 'UNAVAILABLE') throw outcome.reason;
    await systemClock.sleep(50);
  }
}

/** An etcd that was restored to before the agent's report, under its old id, and has come further than that since. */
async function loseAReport(stage: Stage): Promise<{
  readonly agent: Northbound;
  readonly server: Northbound;
  readonly registration: ChassisRegistration;
  readonly before: string;
}> {
  const cluster = await stage.start();
  const [agent, server] = [stage.open(cluster), stage.open(cluster)];
  const registration = await agent.registerChassis('cn1');
  const before = await server.incarnation();
  await cluster.save();
  await agent.publish(registration, [say(1, 10)]);
  await cluster.goBack({ isSameCluster: true });
  for (let count = 0; count < 5; count++) await cluster.ctl('put', 'of-others', String(count));
  return { agent, server, registration, before };
}

async function waitingServer(
  server: Northbound,
): Promise<readonly [Membership, ReturnType<Northbound['receive']>]> {
  const membership = await server.join({ id: 'n1', ...LISTENER });
  const deliveries = server.receive(membership, { max: 10 });
  deliveries.catch(() => undefined);
  await server.incarnation();
  await server.listeners();
  return [membership, deliveries];
}

async function publishOne(agent: Northbound): Promise<void> {
  await agent.publish(await agent.registerChassis('cn1'), [say(1, 10)]);
}

/** As a server does; what fails is tried again. */
async function beatUntil(server: Northbound, membership: Membership, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await answered(() => server.heartbeat(membership));
    await systemClock.sleep(500);
  }
}

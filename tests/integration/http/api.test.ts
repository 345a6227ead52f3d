import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PortStatusError } from '../../../src/domain/errors.js';
import { ApiDesk } from '../../../src/http/api-desk.js';
import { ROUTES } from '../../../src/http/api.js';
import { EVENTS, Events } from '../../../src/http/events.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { silentLogger } from '../../../src/runtime/logger.js';
import { MARIADB } from '../../support/mariadb.js';
import { has } from '../../support/needs.js';
import { deviceOf, plantPort, portIdOf, setAge } from '../../support/neutron-rows.js';
import { REDIS } from '../../support/redis.js';
import { servePage } from '../../support/served-page.js';
import type { ServedPage } from '../../support/served-page.js';
import { openReconcileCloud } from '../cli/reconcile-cloud.js';
import type { ReconcileCloud } from '../cli/reconcile-cloud.js';

const RULES = { heartbeatMs: 5000, downAfterMs: undefined, downMostPercent: undefined };

describe.skipIf(!has('http/api', { ...MARIADB, ...REDIS }))('the API of a server', () => {
  let cloud: ReconcileCloud;
  let base: string;
  let served: ServedPage;
  beforeAll(async () => {
    cloud = await openReconcileCloud();
    served = await servePage(cloud);
    served.metrics.received.inc(7);
    base = `${served.url}api/v1`;
  });
  beforeEach(() => cloud.reset());
  afterAll(async () => {
    await served.close();
    await cloud.dispose();
  });

  /** The answer, checked against what the description promises. */
  async function ask(path: string): Promise<Readonly<Record<string, readonly object[]>>> {
    const response = await fetch(base + path);
    expect([response.status, response.headers.get('content-type')]).toEqual([
      200,
      'application/json; charset=utf-8',
    ]);
    const body: unknown = await response.json();
    const name = path.split(/[/?]/)[1] ?? '';
    const route = ROUTES.find((one) => one.path.startsWith(`/api/v1/${name}`));
    return route?.answer.parse(body) as Readonly<Record<string, readonly object[]>>;
  }

  async function refusalOf(path: string): Promise<readonly [number, string]> {
    const response = await fetch(base + path);
    return [response.status, ((await response.json()) as { readonly error: string }).error];
  }

  it('lists the servers with their share of the work, what waits, and for how long', async () => {
    await plantPort(cloud.rows, 1, { id: portIdOf(1) });
    await cloud.publish(1, 'ACTIVE');
    expect(await ask('/listeners')).toMatchObject({
      listeners: [{ id: 'n1', state: 'live', backlog: 1, share: 0, versions: [1, 2] }],
    });
  });

  it('lists the topics with what waits longest', async () => {
    await plantPort(cloud.rows, 1, { id: portIdOf(1) });
    await cloud.publish(1, 'ACTIVE');
    expect(await ask('/topics')).toMatchObject({
      topics: [
        { topic: 'n1', listener: 'live', backlog: 1, oldest: { portId: portIdOf(1), chassis: 'cn1' } },
      ],
    });
  });

  it('lists the chassis page by page and by state, and counts them all', async () => {
    for (const chassis of ['cn2', 'cn3']) await cloud.registerAnew(chassis);
    const count = { live: 3, late: 0, lapsed: 0, incomplete: 3, holding: 0 };
    expect(await ask('/chassis?limit=2')).toMatchObject({
      ...{ count, found: 3 },
      chassis: [{ chassis: 'cn1' }, { chassis: 'cn2' }],
    });
    expect(await ask('/chassis?limit=2&after=cn2')).toMatchObject({
      ...{ count, found: 3 },
      chassis: [{ chassis: 'cn3' }],
    });
    expect(await ask('/chassis?state=lapsed')).toEqual({ count, found: 0, chassis: [] });
  });

  it('finds chassis by a part of their name', async () => {
    for (const chassis of ['rack7-cn2', 'rack7-cn3']) await cloud.registerAnew(chassis);
    expect(await ask('/chassis?name=rack7&limit=1')).toMatchObject({
      found: 2,
      chassis: [{ chassis: 'rack7-cn2' }],
    });
    expect(await ask('/chassis?name=rack8')).toMatchObject({ found: 0, chassis: [] });
  });

  it('explains a port by whatever names it', async () => {
    await cloud.settle(1);
    const expected = { ports: [{ portId: portIdOf(1), stage: 'done', nextStep: 'nothing', host: 'cn1' }] };
    for (const wanted of [portIdOf(1), deviceOf(1), `tap${portIdOf(1).slice(0, 11)}`])
      expect(await ask(`/ports/${wanted}`)).toMatchObject(expected);
    for (const [wanted, portId] of [
      ['nobody', 'nobody'],
      ['%ff', '%ff'],
    ] as const)
      expect(await ask(`/ports/${wanted}`)).toMatchObject({ ports: [{ portId, stage: 'no-such-port' }] });
  });

  it('lists the ports that Nova waits for, with the time that is left', async () => {
    const booting = { status: 'DOWN', blocks: ['L2'], deviceId: deviceOf(2) };
    await plantPort(cloud.rows, 2, { id: portIdOf(2), ...booting });
    await setAge(cloud.rows, 2, 10_000);
    await cloud.complete();
    const { ports = [] } = await ask('/stuck');
    expect(ports).toMatchObject([{ portId: portIdOf(2), serverId: deviceOf(2), stage: 'not-on-switch' }]);
  });

  it('lists what is in quarantine', async () => {
    expect(await ask('/quarantine')).toEqual({ reports: [] });
    const bad = { revision: 1, incarnation: 'i', body: '{', reason: 'no JSON', server: 'n1' };
    await cloud.neutron.quarantine([{ portId: portIdOf(1), chassis: 'cn1', ...bad }], 10);
    expect(await ask('/quarantine')).toMatchObject({
      reports: [{ id: `${portIdOf(1)}@cn1`, reason: 'no JSON', prospect: 'unreadable' }],
    });
  });

  it.each(['/chassis?limit=0', '/chassis?limit=x', '/chassis?state=dead', '/stuck?limit=100000'])(
    'says what makes no sense of %s',
    async (path) => {
      const [status, error] = await refusalOf(path);
      expect([status, error]).toEqual([400, expect.stringMatching(/limit|state/)]);
    },
  );

  it('names the paths that there are where there is no such one', async () => {
    const [status, error] = await refusalOf('/nothing');
    expect(status).toBe(404);
    for (const { path } of ROUTES) expect(error).toContain(path);
  });

  it('serves its own description', async () => {
    const response = await fetch(`${base}/openapi.json`);
    const described = (await response.json()) as { readonly paths: object };
    expect(Object.keys(described.paths)).toEqual([...ROUTES.map(({ path }) => path), '/api/v1/events']);
  });

  it('sends an overview to all who follow, the first at once', async () => {
    await cloud.registerAnew('cn2');
    const seen = await Promise.all([firstEvent(), firstEvent()]);
    for (const { name, data } of seen) {
      expect(name).toBe('overview');
      expect(EVENTS.overview.parse(data)).toMatchObject({
        server: 'n1',
        isPaused: false,
        listeners: [{ id: 'n1', state: 'live' }],
        metrics: expect.arrayContaining([
          { name: 'port_status_received_total', labels: {}, value: 7 },
        ]) as unknown,
      });
    }
  });

  async function firstEvent(): Promise<{ readonly name: string; readonly data: unknown }> {
    const stop = new AbortController();
    const { body } = await fetch(`${base}/events`, { signal: stop.signal });
    let text = '';
    if (body === null) throw new Error('no body');
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      text += chunk;
      if (text.includes('\n\n')) break;
    }
    stop.abort();
    const [, name = '', data = ''] = /^event: (\w+)\ndata: (.*)\n\n/.exec(text) ?? [];
    return { name, data: JSON.parse(data) };
  }

  it('answers no more than a few questions at once, and all of them when they are asked one after the other', async () => {
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async () => (await fetch(`${base}/chassis`)).status),
    );
    expect(new Set(statuses)).toEqual(new Set([200, 503]));
    for (let turn = 0; turn < 10; turn++) await ask('/chassis');
  });

  it('says that a database does not answer', async () => {
    const { northbound, neutron } = cloud;
    const stories = (): Promise<never> => Promise.reject(unavailable());
    const sources = { northbound, neutron: { ...neutron, stories }, rules: RULES, novaWaitsMs: 1 };
    const events = new Events({ look: stories, clock: systemClock, logger: silentLogger });
    const answer = await new ApiDesk(sources, events).answer(new URL('http://here/api/v1/ports/x'));
    expect([answer?.status, answer?.body]).toEqual([503, expect.stringContaining('does not answer')]);
  });
});

function unavailable(): Error {
  return new PortStatusError('UNAVAILABLE', "Neutron's database does not answer");
}

import { describe, expect, it, vi } from 'vitest';
import type { ExternalEvent } from '../../../src/domain/debt.js';
import { SERVICE_USER } from '../../../src/simulator/cloud/keystone.js';
import { calm, plugged, pluggedAtKnownServers, setUp, TIMEOUT_MS, uuid } from './setup.js';
import type { Setup } from './setup.js';

const ACCEPTED = { kind: 'accepted' };

function rejected(code: number): object {
  return { kind: 'rejected', code };
}

function unreachable(detail: RegExp): object {
  return { kind: 'unreachable', detail: expect.stringMatching(detail) as string };
}

/** How many requests to Nova had which status, as the metric counts them. */
async function statusesOf({ metrics }: Setup): Promise<Record<string, number>> {
  const { values } = await metrics.novaRequests.get();
  return Object.fromEntries(values.map(({ labels, value }) => [String(labels['status']), value]));
}

function alarmsOf({ log }: Setup): string[] {
  return log.filter((line) => line.includes('"nova.alarm"'));
}

describe('a request', () => {
  it('has exactly the body and the headers that Nova expects', async () => {
    const { cloud, client } = await setUp();
    const events: ExternalEvent[] = [
      ...pluggedAtKnownServers(cloud, 1),
      { ...plugged(0), name: 'network-vif-unplugged' },
    ];
    await client.tell(events, calm);
    const [request] = cloud.nova.requests;
    expect(request).toMatchObject({
      method: 'POST',
      path: '/v2.1/os-server-external-events',
      headers: {
        'x-auth-token': expect.stringMatching(/^gAAAAAB/) as string,
        'content-type': 'application/json',
        'openstack-api-version': 'compute 2.1',
        'x-openstack-request-id': expect.stringMatching(
          /^req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
        ) as string,
      },
    });
    expect(request?.body).toBe(
      `{"events":[{"name":"network-vif-plugged","server_uuid":"${uuid('server', 0)}","status":"completed","tag":"${uuid('port', 0)}"},` +
        `{"name":"network-vif-unplugged","server_uuid":"${uuid('server', 0)}","status":"completed","tag":"${uuid('port', 0)}"}]}`,
    );
  });

  it('is not made where there is nothing to say', async () => {
    const { cloud, client } = await setUp();
    expect(await client.tell([], calm)).toEqual([]);
    expect([...cloud.keystone.requests, ...cloud.nova.requests]).toEqual([]);
  });

  it('bears an id of its own', async () => {
    const { cloud, client } = await setUp();
    const events = pluggedAtKnownServers(cloud, 1);
    await client.tell(events, calm);
    await client.tell(events, calm);
    const ids = cloud.nova.requests.map(({ headers }) => headers['x-openstack-request-id']);
    expect(new Set(ids).size).toBe(2);
  });

  it('leaves out what Nova does not know of an event', async () => {
    const { cloud, client } = await setUp();
    const [event] = pluggedAtKnownServers(cloud, 1);
    const extended = { ...plugged(0), ...event, attempts: 3 };
    expect(await client.tell([extended], calm)).toEqual([ACCEPTED]);
  });
});

describe("Nova's answer", () => {
  it('200 means that every event was accepted', async () => {
    const setup = await setUp();
    const events = pluggedAtKnownServers(setup.cloud, 3);
    expect(await setup.client.tell(events, calm)).toEqual([ACCEPTED, ACCEPTED, ACCEPTED]);
    expect(setup.cloud.nova.heard).toMatchObject(events);
    expect(await statusesOf(setup)).toEqual({ 200: 1 });
  });

  it('207 names the events of unknown instances (404) and of those without a host (422)', async () => {
    const setup = await setUp();
    setup.cloud.nova.addServer(uuid('server', 1));
    setup.cloud.nova.addServer(uuid('server', 2), { hasHost: false });
    const answers = await setup.client.tell([plugged(0), plugged(1), plugged(2)], calm);
    expect(answers).toEqual([rejected(404), ACCEPTED, rejected(422)]);
    expect(await statusesOf(setup)).toEqual({ 207: 1 });
  });

  it('404 from a Nova before Ussuri means that it accepted no event of the batch', async () => {
    const { cloud, client, log } = await setUp();
    cloud.nova.noneAcceptedStatus = 404;
    expect(await client.tell([plugged(0), plugged(1)], calm)).toEqual([rejected(404), rejected(404)]);
    expect(log).toEqual([]);
  });

  it('404 from anything else means that the address is wrong, and the events wait', async () => {
    const setup = await setUp();
    setup.cloud.keystone.computeEndpoints = setup.cloud.keystone.computeEndpoints.map((endpoint) => ({
      ...endpoint,
      url: `${endpoint.url}/elsewhere`,
    }));
    expect(await setup.client.tell([plugged(0)], calm)).toEqual([
      unreachable(/no Nova at .+\(HTTP 404\); correct/),
    ]);
    expect(alarmsOf(setup)).toHaveLength(1);
  });

  it.each([429, 500, 502, 503, 504, 302, 418])(
    '%i means that nothing is known, and the events wait',
    async (status) => {
      const setup = await setUp();
      setup.cloud.nova.trouble.start({ kind: 'status', status });
      const answers = await setup.client.tell(pluggedAtKnownServers(setup.cloud, 2), calm);
      expect(answers).toEqual([unreachable(/answers HTTP/), unreachable(/answers HTTP/)]);
      expect(await statusesOf(setup)).toEqual({ [status]: 1 });
      expect(alarmsOf(setup)).toEqual([]);
    },
  );

  it('that is no answer of Nova is not believed, and the events wait', async () => {
    const { cloud, client } = await setUp();
    cloud.nova.trouble.start({ kind: 'garbage' });
    expect(await client.tell(pluggedAtKnownServers(cloud, 1), calm)).toEqual([
      unreachable(/answers what is not/),
    ]);
  });

  it('is read up to 4 MiB, and no further', async () => {
    const { cloud, client } = await setUp();
    cloud.nova.trouble.start({ kind: 'garbage', bytes: 5 * 1024 * 1024 });
    expect(await client.tell(pluggedAtKnownServers(cloud, 1), calm)).toEqual([
      unreachable(/UND_ERR_RES_EXCEEDED_MAX_SIZE/),
    ]);
  });

  it('that is lost after Nova passed the event on leaves the event waiting, and it is said again', async () => {
    const { cloud, client } = await setUp();
    const events = pluggedAtKnownServers(cloud, 1);
    cloud.nova.trouble.start({ kind: 'cut', when: 'after' }, { requests: 1 });
    expect(await client.tell(events, calm)).toEqual([unreachable(/cannot be reached \(UND_ERR_SOCKET\)/)]);
    expect(await client.tell(events, calm)).toEqual([ACCEPTED]);
    expect(cloud.nova.heard).toHaveLength(2);
  });

  it('that does not come within 30 s is not waited for', async () => {
    const { clock, cloud, client, metrics } = await setUp();
    cloud.nova.trouble.start({ kind: 'silence' });
    const told = client.tell(pluggedAtKnownServers(cloud, 1), calm);
    await vi.waitFor(() => expect(cloud.nova.requests).toHaveLength(1));
    await clock.advance(TIMEOUT_MS);
    expect(await told).toEqual([unreachable(/no answer within 30000 ms/)]);
    expect((await metrics.novaRequests.get()).values).toMatchObject([{ labels: { status: 0 }, value: 1 }]);
  });

  it('is not waited for once the signal is aborted: its reason is thrown', async () => {
    const { cloud, client } = await setUp();
    cloud.nova.trouble.start({ kind: 'silence' });
    const stop = new AbortController();
    const told = client.tell(pluggedAtKnownServers(cloud, 1), { signal: stop.signal });
    await vi.waitFor(() => expect(cloud.nova.requests).toHaveLength(1));
    const reason = new Error('the server stops');
    stop.abort(reason);
    await expect(told).rejects.toBe(reason);
  });

  it('is unreachable while nothing listens there', async () => {
    const { cloud, client } = await setUp();
    await cloud.nova.close();
    expect(await client.tell([plugged(0)], calm)).toEqual([unreachable(/ECONNREFUSED/)]);
  });
});

describe('a refused token', () => {
  it('is renewed once, and the events are said again', async () => {
    const { cloud, client } = await setUp();
    const events = pluggedAtKnownServers(cloud, 1);
    await client.check(calm);
    cloud.keystone.revokeTokens();
    expect(await client.tell(events, calm)).toEqual([ACCEPTED]);
    expect([cloud.keystone.requests.length, cloud.nova.requests.length]).toEqual([2, 2]);
  });

  it('that is refused again when fresh leaves the events waiting and raises an alarm', async () => {
    const setup = await setUp();
    setup.cloud.nova.trouble.start({ kind: 'status', status: 401 });
    const answers = await setup.client.tell(pluggedAtKnownServers(setup.cloud, 1_200), calm);
    expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['unreachable']));
    expect([setup.cloud.keystone.requests.length, setup.cloud.nova.requests.length]).toEqual([2, 2]);
    expect(alarmsOf(setup)).toHaveLength(1);
  });

  it('is renewed by one request, however many callers were refused together', async () => {
    const { cloud, client } = await setUp();
    const events = pluggedAtKnownServers(cloud, 1);
    await client.check(calm);
    cloud.keystone.revokeTokens();
    const tells = Array.from({ length: 50 }, () =>
      client.tell(events, { signal: new AbortController().signal }),
    );
    expect(new Set((await Promise.all(tells)).flat().map(({ kind }) => kind))).toEqual(new Set(['accepted']));
    expect(cloud.keystone.requests).toHaveLength(2);
  });
});

describe('what someone must mend', () => {
  it('403 leaves the events waiting and names the role that the user needs, once', async () => {
    const setup = await setUp();
    setup.cloud.keystone.roles = ['reader'];
    const events = pluggedAtKnownServers(setup.cloud, 1);
    const answer = unreachable(/forbids external events \(HTTP 403\); give the user the role service/);
    expect(await setup.client.tell(events, calm)).toEqual([answer]);
    expect(await setup.client.tell(events, calm)).toEqual([answer]);
    expect(alarmsOf(setup)).toHaveLength(1);
    expect((await setup.metrics.novaAlarm.get()).values).toMatchObject([{ value: 1 }]);
  });

  it('is over with the next token once the role was given', async () => {
    const { cloud, client, metrics, log } = await setUp();
    cloud.keystone.roles = [];
    const events = pluggedAtKnownServers(cloud, 1);
    await client.tell(events, calm);
    cloud.keystone.roles = ['service'];
    expect(await client.tell(events, calm)).toEqual([ACCEPTED]);
    expect((await metrics.novaAlarm.get()).values).toMatchObject([{ value: 0 }]);
    expect(log.at(-1)).toContain('"nova.alarm-over"');
  });

  it('a password that was changed leaves the events waiting until it is changed back', async () => {
    const setup = await setUp();
    setup.cloud.keystone.password = 'another';
    const events = pluggedAtKnownServers(setup.cloud, 1);
    expect(await setup.client.tell(events, calm)).toEqual([
      unreachable(/refuses user neutron .+; correct nova/),
    ]);
    setup.cloud.keystone.password = SERVICE_USER.password;
    expect(await setup.client.tell(events, calm)).toEqual([ACCEPTED]);
    expect(alarmsOf(setup)).toHaveLength(1);
  });

  it('does not include an outage of Keystone, which passes', async () => {
    const setup = await setUp();
    setup.cloud.keystone.trouble.start({ kind: 'status', status: 503 });
    expect(await setup.client.tell([plugged(0)], calm)).toEqual([unreachable(/answers HTTP 503/)]);
    expect(alarmsOf(setup)).toEqual([]);
  });
});

describe('a question whether it is reached', () => {
  it('says nothing to anybody, and gives the address', async () => {
    const { cloud, client } = await setUp();
    expect(await client.reach(calm)).toBe(cloud.keystone.computeEndpoints[0]?.url);
    expect(cloud.nova.heard).toEqual([]);
  });

  it('renews a token that is refused', async () => {
    const { cloud, client } = await setUp();
    await client.check(calm);
    cloud.keystone.revokeTokens();
    await expect(client.reach(calm)).resolves.toBeDefined();
  });

  it('ends the alarm once the password is mended, without a word to say', async () => {
    const { cloud, client, metrics } = await setUp();
    cloud.keystone.password = 'another';
    await client.tell(pluggedAtKnownServers(cloud, 1), calm);
    await expect(client.reach(calm)).rejects.toMatchObject({ code: 'RIGHTS' });
    cloud.keystone.password = SERVICE_USER.password;
    await client.reach(calm);
    expect((await metrics.novaAlarm.get()).values).toMatchObject([{ value: 0 }]);
  });

  it('repeats that Nova forbade the last word, until it takes one', async () => {
    const { cloud, client, metrics } = await setUp();
    const events = pluggedAtKnownServers(cloud, 1);
    cloud.keystone.roles = [];
    await client.tell(events, calm);
    await expect(client.reach(calm)).rejects.toMatchObject({
      code: 'RIGHTS',
      message: expect.stringContaining('give the user the role service') as string,
    });
    expect((await metrics.novaAlarm.get()).values).toMatchObject([{ value: 1 }]);
    cloud.keystone.roles = ['service'];
    await client.tell(events, calm);
    await expect(client.reach(calm)).resolves.toBeDefined();
  });

  it.each([
    [{ kind: 'status', status: 503 } as const, /answers HTTP 503; check the endpoint/],
    [{ kind: 'cut', when: 'before' } as const, /cannot be reached .+; check the endpoint/],
  ])('fails where Nova does not answer as it should (%o)', async (fault, message) => {
    const { cloud, client } = await setUp();
    cloud.nova.trouble.start(fault);
    await expect(client.reach(calm)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(message) as string,
    });
  });
});

describe('a batch', () => {
  it.each<[string, Partial<Record<keyof ExternalEvent, string>>]>([
    ['a server that is no UUID', { server_uuid: 'not-a-uuid' }],
    ['a port that is no UUID', { tag: 'x'.repeat(300) }],
    ['a name that Nova does not know', { name: 'network-vif-deleted-twice' }],
    ['a status that Nova does not know', { status: 'done' }],
  ])('is sent without %s, which is rejected with 400', async (_, wrong) => {
    const { cloud, client } = await setUp();
    const [first, second] = pluggedAtKnownServers(cloud, 2) as [ExternalEvent, ExternalEvent];
    const answers = await client.tell([first, { ...second, ...wrong } as ExternalEvent, second], calm);
    expect(answers).toEqual([ACCEPTED, rejected(400), ACCEPTED]);
    expect(cloud.nova.requests).toHaveLength(1);
  });

  it('is not sent at all where no event is valid', async () => {
    const { cloud, client } = await setUp();
    expect(await client.tell([{ ...plugged(0), tag: '' }], calm)).toEqual([rejected(400)]);
    expect(cloud.nova.requests).toEqual([]);
  });

  it('of 2,000 events is sent in parts that Nova takes', async () => {
    const setup = await setUp();
    const answers = await setup.client.tell(pluggedAtKnownServers(setup.cloud, 2_000), calm);
    expect(answers).toEqual(Array.from({ length: 2_000 }, () => ACCEPTED));
    expect(await statusesOf(setup)).toEqual({ 200: 4 });
    expect(setup.cloud.nova.heard).toHaveLength(2_000);
  });

  it('with one event that Nova refuses costs about 2 log2 requests, and all others are accepted', async () => {
    const setup = await setUp();
    const events = pluggedAtKnownServers(setup.cloud, 500);
    setup.cloud.nova.poison = uuid('port', 321);
    const answers = await setup.client.tell(events, calm);
    expect(answers).toEqual(events.map((_, index) => (index === 321 ? rejected(400) : ACCEPTED)));
    expect(setup.cloud.nova.requests.length).toBeLessThanOrEqual(1 + 2 * Math.ceil(Math.log2(500)));
    expect(setup.cloud.nova.heard).toHaveLength(499);
  });

  it('that is too large for a stricter proxy (413) is halved until it passes', async () => {
    const setup = await setUp();
    setup.cloud.nova.maxBodyBytes = 20_000;
    const answers = await setup.client.tell(pluggedAtKnownServers(setup.cloud, 400), calm);
    expect(answers).toEqual(Array.from({ length: 400 }, () => ACCEPTED));
    expect(await statusesOf(setup)).toEqual({ 413: 3, 200: 4 });
  });

  it('of one event that is too large is rejected with 413', async () => {
    const { cloud, client } = await setUp();
    cloud.nova.maxBodyBytes = 100;
    expect(await client.tell([plugged(0)], calm)).toEqual([rejected(413)]);
  });

  it('that meets an outage is the last that is sent, and the rest waits', async () => {
    const { cloud, client } = await setUp();
    const events = pluggedAtKnownServers(cloud, 1_500);
    cloud.nova.trouble.start({ kind: 'status', status: 500 });
    const answers = await client.tell(events, calm);
    expect(answers).toHaveLength(1_500);
    expect(new Set(answers.map(({ kind }) => kind))).toEqual(new Set(['unreachable']));
    expect(cloud.nova.requests).toHaveLength(1);
  });
});

describe('a closed client', () => {
  it('answers what is under way and what follows with unreachable', async () => {
    const { cloud, client } = await setUp();
    cloud.nova.trouble.start({ kind: 'silence' });
    const told = client.tell(pluggedAtKnownServers(cloud, 1), calm);
    await vi.waitFor(() => expect(cloud.nova.requests).toHaveLength(1));
    await client.close();
    expect(await told).toEqual([unreachable(/UND_ERR_DESTROYED/)]);
    expect(await client.tell([plugged(0)], calm)).toMatchObject([{ kind: 'unreachable' }]);
  });
});

import { describe, expect, it } from 'vitest';
import { request } from 'undici';
import { SERVICE_USER } from '../../../src/simulator/cloud/keystone.js';
import { calm, plugged, setUp, uuid } from './setup.js';
import type { Setup } from './setup.js';

const SECOND = 1_000;

/** Sends a body to the fake Nova as it is. */
async function send({ cloud, client }: Setup, body: unknown, token?: string): Promise<number> {
  await client.check(calm);
  const [endpoint] = cloud.keystone.computeEndpoints;
  const headers = { 'X-Auth-Token': token ?? (await issueToken(cloud.options.auth_url)) };
  const url = `${endpoint?.url ?? ''}/os-server-external-events`;
  const answer = await request(url, { method: 'POST', headers, body: JSON.stringify(body) });
  await answer.body.dump();
  return answer.statusCode;
}

async function authenticate(authUrl: string, auth: unknown): Promise<{ status: number; token: string }> {
  const answer = await request(`${authUrl}/auth/tokens`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ auth }),
  });
  await answer.body.dump();
  return { status: answer.statusCode, token: String(answer.headers['x-subject-token']) };
}

const USER = { name: SERVICE_USER.name, password: SERVICE_USER.password, domain: { id: 'default' } };
const PROJECT = { name: SERVICE_USER.project, domain: { id: 'default' } };

async function issueToken(authUrl: string): Promise<string> {
  const identity = { methods: ['password'], password: { user: USER } };
  return (await authenticate(authUrl, { identity, scope: { project: PROJECT } })).token;
}

describe('the fake Keystone', () => {
  it.each<[number, string, unknown]>([
    [201, 'the right user and project', { user: USER, scope: { project: PROJECT } }],
    [401, 'a wrong password', { user: { ...USER, password: '' }, scope: { project: PROJECT } }],
    [401, 'another domain', { user: { ...USER, domain: { name: 'Else' } }, scope: { project: PROJECT } }],
    [401, 'another project', { user: USER, scope: { project: { ...PROJECT, name: 'admin' } } }],
    [400, 'a user without a domain', { user: { name: 'neutron', password: 'x' } }],
    [400, 'a password that is a number', { user: { ...USER, password: 1 } }],
  ])('answers %i to %s', async (status, _, given) => {
    const { cloud } = await setUp();
    const { user, scope } = given as { user: unknown; scope?: unknown };
    const identity = { methods: ['password'], password: { user } };
    expect((await authenticate(cloud.options.auth_url, { identity, scope })).status).toBe(status);
  });

  it('issues tokens that Nova takes until they expire', async () => {
    const setup = await setUp();
    setup.cloud.keystone.tokenLifeMs = 10 * SECOND;
    setup.cloud.nova.addServer(uuid('server', 0));
    const token = await issueToken(setup.cloud.options.auth_url);
    expect(await send(setup, { events: [plugged(0)] }, token)).toBe(200);
    await setup.clock.advance(10 * SECOND);
    expect(await send(setup, { events: [plugged(0)] }, token)).toBe(401);
  });
});

describe('the fake Nova', () => {
  it.each<[string, unknown]>([
    ['no event', { events: [] }],
    ['no events', {}],
    ['another property of the body', { events: [plugged(0)], more: 1 }],
    ['another property of an event', { events: [{ ...plugged(0), more: 1 }] }],
    ['a name that it does not know', { events: [{ ...plugged(0), name: 'network-vif-lost' }] }],
    ['a status that it does not know', { events: [{ ...plugged(0), status: 'done' }] }],
    ['a server that is no UUID', { events: [{ ...plugged(0), server_uuid: 'vm1' }] }],
    ['one bad event among good ones', { events: [plugged(0), { ...plugged(0), tag: 'x'.repeat(256) }] }],
  ])('answers 400 to %s and passes nothing on', async (_, body) => {
    const setup = await setUp();
    setup.cloud.nova.addServer(uuid('server', 0));
    expect(await send(setup, body)).toBe(400);
    expect(setup.cloud.nova.heard).toEqual([]);
  });

  it('answers 413 to a body of more than 114,688 bytes', async () => {
    const setup = await setUp();
    const filler = { events: [{ ...plugged(0), more: '' }] };
    const room = 114_688 - JSON.stringify(filler).length;
    expect(await send(setup, { events: [{ ...plugged(0), more: 'x'.repeat(room) }] })).toBe(400);
    expect(await send(setup, { events: [{ ...plugged(0), more: 'x'.repeat(room + 1) }] })).toBe(413);
  });

  it('answers 401 to a token that Keystone did not issue', async () => {
    expect(await send(await setUp(), { events: [plugged(0)] }, 'made-up')).toBe(401);
  });

  it('answers 403 to a user without the role service', async () => {
    const setup = await setUp();
    setup.cloud.keystone.roles = ['admin'];
    expect(await send(setup, { events: [plugged(0)] })).toBe(403);
  });
});

describe('a boot', () => {
  const request = { serverId: uuid('server', 0), portId: uuid('port', 0) };

  it('goes on when its port is plugged', async () => {
    const { clock, cloud, client } = await setUp();
    const boot = cloud.nova.boot(request);
    await clock.advance(2 * SECOND);
    await client.tell([plugged(0)], calm);
    expect(await boot.done).toBe('booted');
    await clock.advance(300 * SECOND);
    expect([boot.state, boot.waitedMs]).toEqual(['booted', 2 * SECOND]);
  });

  it('fails at once when the plugging failed', async () => {
    const { cloud, client } = await setUp();
    const boot = cloud.nova.boot(request);
    await client.tell([{ ...plugged(0), status: 'failed' }], calm);
    expect(await boot.done).toBe('failed');
  });

  it('fails at its deadline, 300 s by default', async () => {
    const { clock, cloud, client } = await setUp();
    const boot = cloud.nova.boot(request);
    const hurried = cloud.nova.boot({ ...request, portId: uuid('port', 1), deadlineMs: 10 * SECOND });
    await clock.advance(300 * SECOND - 1);
    expect([boot.state, hurried.state]).toEqual(['waiting', 'timed-out']);
    await clock.advance(1);
    expect(await boot.done).toBe('timed-out');
    await client.tell([plugged(0)], calm);
    expect(boot.state).toBe('timed-out');
  });

  it('does not hear what was said before it waited, nor what concerns another port', async () => {
    const { cloud, client } = await setUp();
    cloud.nova.addServer(request.serverId);
    await client.tell([plugged(0)], calm);
    const boot = cloud.nova.boot(request);
    await client.tell([{ ...plugged(0), tag: uuid('port', 1) }], calm);
    await client.tell([{ ...plugged(0), name: 'network-vif-unplugged' }], calm);
    expect(boot.state).toBe('waiting');
  });

  it('is abandoned when the cloud goes', async () => {
    const { cloud } = await setUp();
    const boot = cloud.nova.boot(request);
    await cloud.dispose();
    expect(await boot.done).toBe('abandoned');
  });
});

describe('trouble', () => {
  it('ends by itself after its time', async () => {
    const { clock, cloud, client } = await setUp();
    cloud.nova.addServer(uuid('server', 0));
    cloud.nova.trouble.start({ kind: 'status', status: 500 }, { forMs: 5 * SECOND });
    expect(await client.tell([plugged(0)], calm)).toMatchObject([{ kind: 'unreachable' }]);
    await clock.advance(5 * SECOND);
    expect(await client.tell([plugged(0)], calm)).toEqual([{ kind: 'accepted' }]);
  });

  it('may begin while requests are under way', async () => {
    const { cloud, client } = await setUp();
    cloud.nova.addServer(uuid('server', 0));
    expect(await client.tell([plugged(0)], calm)).toEqual([{ kind: 'accepted' }]);
    cloud.nova.trouble.start({ kind: 'cut', when: 'before' });
    expect(await client.tell([plugged(0)], calm)).toMatchObject([{ kind: 'unreachable' }]);
    expect(cloud.nova.heard).toHaveLength(1);
    cloud.nova.trouble.stop();
    expect(await client.tell([plugged(0)], calm)).toEqual([{ kind: 'accepted' }]);
  });
});

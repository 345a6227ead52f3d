import { createServer } from 'node:https';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { credentialsOf, tokensUrl } from '../../../src/nova/options.js';
import type { NovaOptions } from '../../../src/nova/options.js';
import { SERVICE_USER } from '../../../src/simulator/cloud/keystone.js';
import { calm, pluggedAtKnownServers, setUp, TIMEOUT_MS } from './setup.js';

const MINUTE = 60_000;
const APPLICATION_CREDENTIAL = {
  application_credential_id: SERVICE_USER.applicationCredential.id,
  application_credential_secret: SERVICE_USER.applicationCredential.secret,
};

describe('authentication', () => {
  it('sends user, domains and project as Keystone v3 expects them', async () => {
    const { cloud, client } = await setUp();
    await client.check(calm);
    expect(cloud.keystone.requests).toMatchObject([{ method: 'POST', path: '/v3/auth/tokens' }]);
    expect(JSON.parse(cloud.keystone.requests[0]?.body ?? '')).toEqual({
      auth: {
        identity: {
          methods: ['password'],
          password: {
            user: { name: 'neutron', password: SERVICE_USER.password, domain: { name: 'Default' } },
          },
        },
        scope: { project: { name: 'service', domain: { name: 'Default' } } },
      },
    });
  });

  it('sends an application credential without a scope, which comes with it', async () => {
    const { cloud, client } = await setUp(APPLICATION_CREDENTIAL);
    await client.check(calm);
    expect(JSON.parse(cloud.keystone.requests[0]?.body ?? '')).toEqual({
      auth: {
        identity: {
          methods: ['application_credential'],
          application_credential: SERVICE_USER.applicationCredential,
        },
      },
    });
  });

  it.each(['', '/', '/v3', '/v3/'])('takes an auth_url that ends with "%s"', (end) => {
    expect(tokensUrl(`http://controller:5000/identity${end}`)).toBe(
      'http://controller:5000/identity/v3/auth/tokens',
    );
  });

  it('takes the endpoint of the wanted interface and region', async () => {
    const { cloud, client } = await setUp({ region_name: 'North', endpoint_type: 'internalURL' });
    const [good] = cloud.keystone.computeEndpoints;
    const wrong = { interface: 'public', region_id: 'South', url: 'http://127.0.0.1:1/v2.1' };
    cloud.keystone.computeEndpoints = [
      { ...wrong, interface: 'internal' },
      { ...wrong, region_id: 'North' },
      { interface: 'internal', region_id: 'North', url: `${good?.url ?? ''}/` },
    ];
    const events = pluggedAtKnownServers(cloud, 1);
    expect(await client.tell(events, calm)).toEqual([{ kind: 'accepted' }]);
  });
});

describe('renewal', () => {
  it('shares one request among 50 callers that come together', async () => {
    const { cloud, client } = await setUp();
    await Promise.all(
      Array.from({ length: 50 }, () => client.check({ signal: new AbortController().signal })),
    );
    expect(cloud.keystone.requests).toHaveLength(1);
  });

  it('keeps a token while it has more than 2 minutes left, and not longer', async () => {
    const { clock, cloud, client } = await setUp();
    cloud.keystone.tokenLifeMs = 60 * MINUTE;
    await client.check(calm);
    await clock.advance(58 * MINUTE - 1);
    await client.check(calm);
    expect(cloud.keystone.requests).toHaveLength(1);
    await clock.advance(1);
    await client.check(calm);
    expect(cloud.keystone.requests).toHaveLength(2);
  });

  it('goes on with a token that has not expired while Keystone is down', async () => {
    const { clock, cloud, client } = await setUp();
    await client.check(calm);
    cloud.keystone.trouble.start({ kind: 'status', status: 503 });
    await clock.advance(59 * MINUTE);
    expect(await client.tell(pluggedAtKnownServers(cloud, 1), calm)).toEqual([{ kind: 'accepted' }]);
    await clock.advance(MINUTE);
    await expect(client.check(calm)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('asks anew after a failure', async () => {
    const { cloud, client } = await setUp();
    cloud.keystone.trouble.start({ kind: 'status', status: 500 }, { requests: 1 });
    await expect(client.check(calm)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(client.check(calm)).resolves.toBeUndefined();
  });

  it('lets one caller give up without disturbing the others', async () => {
    const { clock, cloud, client } = await setUp();
    cloud.keystone.trouble.start({ kind: 'slow', byMs: 1_000 });
    const patient = client.check(calm);
    const hurried = new AbortController();
    const given = client.check({ signal: hurried.signal });
    const reason = new Error('the server stops');
    hurried.abort(reason);
    await expect(given).rejects.toBe(reason);
    await vi.waitFor(() => expect(cloud.keystone.requests).toHaveLength(1));
    await clock.advance(1_000);
    await expect(patient).resolves.toBeUndefined();
  });
});

describe('a check at start-up ends with one clear line', () => {
  it('when the password is wrong', async () => {
    const { client } = await setUp({ password: 'not-this-one' });
    await expect(client.check(calm)).rejects.toMatchObject({
      code: 'RIGHTS',
      message: expect.stringMatching(
        /^Keystone at http:\S+ refuses user neutron of domain Default for project service \(HTTP 401\); correct nova\.username, nova\.password, .+$/,
      ) as string,
    });
  });

  it('when the application credential is wrong', async () => {
    const { client } = await setUp({ ...APPLICATION_CREDENTIAL, application_credential_secret: 'not-this' });
    await expect(client.check(calm)).rejects.toMatchObject({
      code: 'RIGHTS',
      message: expect.stringContaining('correct nova.application_credential_id') as string,
    });
  });

  it('when nothing listens at auth_url', async () => {
    const { cloud, client } = await setUp();
    await cloud.dispose();
    await expect(client.check(calm)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringMatching(/cannot be reached \(ECONNREFUSED\); check nova\.auth_url/) as string,
    });
  });

  it('when Keystone does not answer in time', async () => {
    const { clock, cloud, client } = await setUp();
    cloud.keystone.trouble.start({ kind: 'silence' });
    const check = expect(client.check(calm)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      message: expect.stringContaining('no answer within 30000 ms') as string,
    });
    await vi.waitFor(() => expect(cloud.keystone.requests).toHaveLength(1));
    await clock.advance(TIMEOUT_MS);
    await check;
  });

  it('when Keystone answers what is not a token', async () => {
    const { cloud, client } = await setUp();
    cloud.keystone.trouble.start({ kind: 'garbage' });
    await expect(client.check(calm)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
  });

  it('when there is no Keystone v3 at auth_url', async () => {
    const { cloud, client } = await setUp();
    cloud.keystone.trouble.start({ kind: 'status', status: 404 });
    await expect(client.check(calm)).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining('check that nova.auth_url is') as string,
    });
  });

  it('when the catalog lacks the endpoint, with those that it has', async () => {
    const { client } = await setUp({ region_name: 'Elsewhere' });
    await expect(client.check(calm)).rejects.toMatchObject({
      code: 'CONFIG',
      message:
        "Keystone's catalog has no usable compute endpoint with interface internal in region Elsewhere, it lists " +
        'public in RegionOne, internal in RegionOne, admin in RegionOne; set nova.endpoint_type and nova.region_name ' +
        'to what there is, or register the endpoint',
    });
  });

  it.each<[string, Partial<NovaOptions>]>([
    ['no user', { username: undefined }],
    ['no password', { password: '' }],
    ['half an application credential', { application_credential_id: 'abc' }],
  ])('when the credentials are incomplete: %s', (_, changes) => {
    const options = {
      auth_url: 'http://controller:5000',
      username: 'neutron',
      password: 'secret',
      ...changes,
    };
    expect(() => credentialsOf(options)).toThrow(/credentials for Keystone are incomplete; set/);
  });

  it.each(['controller:5000', 'ftp://controller', ''])('when auth_url is "%s"', async (auth_url) => {
    await expect(setUp({ auth_url })).rejects.toMatchObject({ code: 'CONFIG' });
  });

  it('when cafile cannot be read', async () => {
    await expect(setUp({ cafile: '/nowhere/ca.pem' })).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining('/nowhere/ca.pem cannot be read (ENOENT)') as string,
    });
  });
});

describe('secrets', () => {
  const FAILURES = [
    { kind: 'status', status: 400 },
    { kind: 'status', status: 401 },
    { kind: 'status', status: 500 },
    { kind: 'garbage' },
    { kind: 'cut', when: 'before' },
  ] as const;

  it.each(FAILURES)('are in no error and no line of the log: %o', async (fault) => {
    const secret = 'tell-nobody-7731';
    const { cloud, client, log } = await setUp({ password: secret });
    cloud.keystone.trouble.start(fault);
    const answers = await client.tell(pluggedAtKnownServers(cloud, 1), calm);
    const error: unknown = await client.check(calm).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'PortStatusError' });
    expect(inspect([answers, error, log], { depth: Infinity, showHidden: true })).not.toContain(secret);
    expect(cloud.keystone.requests[0]?.body).toContain(secret);
  });

  it('within an auth_url are left out', async () => {
    const { client } = await setUp({ auth_url: 'http://me:tell-nobody-7731@127.0.0.1:1/v3' });
    const error: unknown = await client.check(calm).catch((reason: unknown) => reason);
    expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain('tell-nobody-7731');
  });
});

describe('over TLS', () => {
  const FOLDER = new URL('../../fixtures/tls/', import.meta.url);

  /** A Keystone whose certificate signs itself, and which refuses everybody. */
  async function startTlsKeystone(): Promise<string> {
    const [key, cert] = ['key.pem', 'certificate.pem'].map((name) => readFileSync(new URL(name, FOLDER)));
    const server = createServer({ key, cert }, (_, response) => void response.writeHead(401).end());
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it('a certificate that nobody vouches for is refused, with the option to set', async () => {
    const { client } = await setUp({ auth_url: await startTlsKeystone() });
    await expect(client.check(calm)).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringMatching(
        /not trusted \(DEPTH_ZERO_SELF_SIGNED_CERT\); set nova\.cafile$/,
      ) as string,
    });
  });

  it.each<[string, Partial<NovaOptions>]>([
    ['cafile vouches for', { cafile: new URL('certificate.pem', FOLDER).pathname }],
    ['insecure lets pass', { insecure: true }],
  ])('a certificate that %s is taken', async (_, changes) => {
    const { client } = await setUp({ auth_url: await startTlsKeystone(), ...changes });
    await expect(client.check(calm)).rejects.toMatchObject({ code: 'RIGHTS' });
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MARIADB } from '../support/mariadb.js';
import { has } from '../support/needs.js';
import { startOnMariadb } from '../support/neutron-server.js';
import type { NeutronServer } from '../support/neutron-server.js';
import { runProgram, startProgram } from '../support/process.js';
import { REDIS, startRedis } from '../support/redis.js';
import type { RedisServer } from '../support/redis.js';

/** Each is planted where the configuration keeps a secret. */
const SECRETS = {
  token: 'planted-token-0123456789',
  nova: 'planted-nova-password',
  database: 'planted-database-password',
  redis: 'planted-redis-password',
  collector: 'planted-collector-password',
};

describe.skipIf(!has('secrets', { ...MARIADB, ...REDIS }))('a secret', () => {
  let database: NeutronServer;
  let redis: RedisServer;
  beforeAll(async () => {
    [database, redis] = await Promise.all([startOnMariadb(), startRedis()]);
  });
  afterAll(async () => {
    await redis.dispose();
    await database.dispose();
  });

  function environment(over: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
    return {
      PORT_STATUS_NEUTRON_URL: database.url,
      PORT_STATUS_NORTHBOUND_URL: `redis://127.0.0.1:${redis.port}`,
      PORT_STATUS_NEUTRON_DRIVERS: 'openvswitch',
      PORT_STATUS_APPLY_MODE: 'write',
      PORT_STATUS_APPLY_CHASSIS: '*',
      PORT_STATUS_NOVA_AUTH_URL: 'http://127.0.0.1:1/v3', // nobody listens there: it is logged why
      PORT_STATUS_NOVA_USERNAME: 'port-status',
      PORT_STATUS_NOVA_PASSWORD: SECRETS.nova,
      PORT_STATUS_TRACING_OTLP_ENDPOINT: `http://port-status:${SECRETS.collector}@127.0.0.1:1`,
      PORT_STATUS_HTTP_LISTEN: '127.0.0.1:0',
      PORT_STATUS_HTTP_TOKEN: SECRETS.token,
      PORT_STATUS_STARTUP_TIMEOUT_MS: '1000',
      PORT_STATUS_LOG_LEVEL: 'trace',
      ...over,
    };
  }

  /** The URL with somebody of that password. */
  function withPassword(text: string, password: string): string {
    const url = new URL(text);
    url.username ||= 'nobody';
    url.password = password;
    return url.href;
  }

  function expectNone(text: string): void {
    const ofDatabase = new URL(database.url).password;
    for (const secret of [...Object.values(SECRETS), ofDatabase]) expect(text).not.toContain(secret);
  }

  it('stands in nothing that a server logs or answers', async () => {
    const server = startProgram(['server'], { environment: environment() });
    const { address } = await server.logged('http.listening');
    await server.logged('nova.unreachable');
    await server.logged('listener.joined');
    const headers = { authorization: `Bearer ${SECRETS.token}` };
    const paths = [
      'metrics',
      'healthz',
      'readyz',
      'api/v1/openapi.json',
      'api/v1/listeners',
      'api/v1/stuck',
      'nothing',
    ];
    const pages = await Promise.all(
      paths.map(async (path) => (await fetch(`http://${String(address)}/${path}`, { headers })).text()),
    );
    const refusal = await (await fetch(`http://${String(address)}/metrics`)).text();
    const { stdout, stderr } = await server.stop();
    expect(stderr).toContain('127.0.0.1:1');
    expectNone([...pages, refusal, stdout, stderr].join('\n'));
  });

  it.each([
    ['Neutron’s database refuses it', 'PORT_STATUS_NEUTRON_URL', SECRETS.database],
    ['the northbound database refuses it', 'PORT_STATUS_NORTHBOUND_URL', SECRETS.redis],
  ])('stands in no error where %s', async (_, name, secret) => {
    const url = withPassword(environment()[name] ?? '', secret);
    expect(url).toContain(secret);
    const { exitCode, stdout, stderr } = await runProgram(['server'], {
      environment: environment({ [name]: url }),
    });
    expect([exitCode, stderr]).toEqual([expect.any(Number), expect.stringContaining('port-status:')]);
    expect(exitCode).toBeGreaterThan(0);
    expectNone(stdout + stderr);
  });

  it('stands in no configuration that is printed, nor in what the doctor says', async () => {
    for (const words of [['config'], ['config', '--json'], ['doctor']]) {
      const { stdout, stderr } = await runProgram(words, { environment: environment() });
      expect(stdout.length + stderr.length).toBeGreaterThan(100);
      expectNone(stdout + stderr);
    }
    const { stdout } = await runProgram(['config'], { environment: environment() });
    expect(stdout).toContain('***');
  });
});

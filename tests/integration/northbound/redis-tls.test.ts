import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Northbound } from '../../../src/northbound/northbound.js';
import { RedisNorthbound } from '../../../src/northbound/redis/redis-northbound.js';
import type { TlsFiles } from '../../../src/northbound/redis/session.js';
import { freePort } from '../../support/free-port.js';
import { has } from '../../support/needs.js';
import { redisOptions } from '../../support/redis-fixture.js';
import { REDIS, startRedis } from '../../support/redis.js';
import type { RedisServer } from '../../support/redis.js';
import { makeTlsKeys, TLS_PROGRAMS } from '../../support/tls-keys.js';
import type { TlsKeys } from '../../support/tls-keys.js';

const PROGRAMS = { ...REDIS, ...TLS_PROGRAMS };

describe.runIf(has('integration/northbound/redis-tls', PROGRAMS))('Redis over TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'port-status-redis-tls-'));
  let keys: TlsKeys;
  let server: RedisServer;
  let port: number;
  beforeAll(async () => {
    keys = await makeTlsKeys(folder);
    port = await freePort();
    const { privateKey, certificate, caCert } = keys.server;
    const files = [
      '--tls-key-file',
      privateKey,
      '--tls-cert-file',
      certificate,
      '--tls-ca-cert-file',
      caCert,
    ];
    server = await startRedis(['--tls-port', String(port), '--tls-auth-clients', 'yes', ...files]);
    await server.admin.call('ACL', 'SETUSER', 'someone', 'on', '>p@ss/w:rd', '~*', '&*', '+@all');
  });
  afterAll(async () => {
    await server.dispose();
    rmSync(folder, { recursive: true });
  });

  it('works with the authority, a client certificate, user and password', async () => {
    const northbound = open({}, 'someone:p%40ss%2Fw%3Ard@127.0.0.1');
    await northbound.registerChassis('cn1');
    expect(await northbound.chassis()).toMatchObject([{ chassis: 'cn1' }]);
  });

  it('is refused where another authority signed the certificate of Redis', async () => {
    await expectRefusal(open({ caFile: keys.stranger.caCert }));
  });

  it('is refused where the certificate of Redis bears another name', async () => {
    await expectRefusal(open({}, 'localhost'));
  });

  it("is refused by Redis without a client certificate, or with a stranger's", async () => {
    const { certificate, privateKey } = keys.stranger;
    for (const files of [{}, { certFile: certificate, keyFile: privateKey }])
      await expect(
        open({ certFile: undefined, keyFile: undefined, ...files }).incarnation(),
      ).rejects.toMatchObject({
        code: expect.stringMatching(/^(RIGHTS|UNAVAILABLE)$/) as string,
        message: expect.stringContaining('northbound.certFile') as string,
      });
  });

  it('needs its files', async () => {
    await expect(open({ caFile: join(folder, 'none') }).incarnation()).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining('northbound.caFile') as string,
    });
  });

  async function expectRefusal(northbound: Northbound): Promise<void> {
    await expect(northbound.incarnation()).rejects.toMatchObject({
      code: 'RIGHTS',
      message: expect.stringContaining('northbound.caFile') as string,
    });
  }

  function open(files: TlsFiles, host = '127.0.0.1'): Northbound {
    const { caCert: caFile, certificate: certFile, privateKey: keyFile } = keys.client;
    const tls = { caFile, certFile, keyFile, ...files };
    const northbound = new RedisNorthbound(`rediss://${host}:${port}`, { ...redisOptions('tls'), ...tls });
    onTestFinished(() => northbound.close());
    return northbound;
  }
});

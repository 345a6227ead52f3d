import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { brief, say } from '../../../src/northbound/conformance/scene.js';
import type { Northbound } from '../../../src/northbound/northbound.js';
import { openNorthbound } from '../../../src/northbound/open.js';
import type { NetworkOptions } from '../../../src/northbound/open-options.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { systemRandom } from '../../../src/runtime/random.js';
import type { TlsFiles } from '../../../src/agent/ovs/tls.js';
import { ETCD, startEtcd } from '../../support/etcd.js';
import type { EtcdCluster } from '../../support/etcd.js';
import { has } from '../../support/needs.js';
import { makeTlsKeys, TLS_PROGRAMS } from '../../support/tls-keys.js';
import type { TlsKeys } from '../../support/tls-keys.js';

const needs = { ...ETCD, ...TLS_PROGRAMS };

describe.runIf(has('integration/northbound/etcd-tls', needs))('etcd over TLS', () => {
  const folder = mkdtempSync(join(tmpdir(), 'port-status-etcd-tls-'));
  let keys: TlsKeys;
  let etcd: EtcdCluster;
  beforeAll(async () => {
    keys = await makeTlsKeys(folder);
    etcd = await startEtcd({ isTls: true, flags: serverFlags(keys), clientFlags: clientFlags(keys) });
    await etcd.enableAuth();
  });
  afterAll(async () => {
    await etcd.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it('takes a client whose certificate its authority has signed, calls and watch alike', async () => {
    const northbound = open('root:secret@', client());
    const membership = await northbound.join({ id: 'n1', ttlMs: 60_000, versions: [1], program: '1' });
    const deliveries = northbound.receive(membership, { max: 10 });
    await northbound.publish(await northbound.registerChassis('cn1'), [say(1, 10)]);
    expect(brief(await deliveries)).toEqual(['1@10']);
  });

  it('asks for the password, too', async () => {
    await expect(open('', client()).incarnation()).rejects.toMatchObject({ code: 'RIGHTS' });
  });

  it('takes no certificate that names a user: its gateway could not heed it', async () => {
    const refusal = open('root:secret@', filesOf(keys.client)).incarnation();
    await expect(refusal).rejects.toMatchObject({ code: 'CONFIG' });
    await expect(refusal).rejects.toThrow('CommonName');
  });

  it('is refused where another authority has signed its certificate', async () => {
    const northbound = open('root:secret@', { ...client(), caFile: keys.stranger.caCert });
    await expect(northbound.incarnation()).rejects.toMatchObject({ code: 'RIGHTS' });
  });

  it("refuses a stranger's certificate, and a client that has none", async () => {
    const { privateKey: keyFile, certificate: certFile } = keys.stranger;
    for (const shown of [{ keyFile, certFile }, {}]) {
      const refusal = open('root:secret@', { caFile: keys.client.caCert, ...shown }).incarnation();
      await expect(refusal).rejects.toMatchObject({
        code: expect.stringMatching(/RIGHTS|UNAVAILABLE/) as string,
      });
    }
  });

  it('is not asked where a file can not be read', async () => {
    const northbound = open('root:secret@', { ...client(), certFile: join(folder, 'none.pem') });
    await expect(northbound.incarnation()).rejects.toMatchObject({ code: 'CONFIG' });
  });

  function client(): NetworkOptions {
    return filesOf(keys.nameless);
  }

  function open(user: string, options: NetworkOptions): Northbound {
    const url = `etcds://${user}127.0.0.1:${etcd.first.clientPort}`;
    const northbound = openNorthbound(url, { clock: systemClock, random: systemRandom, ...options });
    onTestFinished(() => northbound.close());
    return northbound;
  }
});

function filesOf({ caCert: caFile, certificate: certFile, privateKey: keyFile }: TlsFiles): NetworkOptions {
  return { caFile, certFile, keyFile };
}

function serverFlags({ server }: TlsKeys): readonly string[] {
  return [
    `--cert-file=${server.certificate}`,
    `--key-file=${server.privateKey}`,
    `--trusted-ca-file=${server.caCert}`,
    '--client-cert-auth',
  ];
}

function clientFlags({ client }: TlsKeys): readonly string[] {
  return [`--cert=${client.certificate}`, `--key=${client.privateKey}`, `--cacert=${client.caCert}`];
}

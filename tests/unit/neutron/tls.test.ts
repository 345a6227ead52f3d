import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { readTls } from '../../../src/neutron/sql/tls.js';

const certificate = fileURLToPath(new URL('../../fixtures/tls/certificate.pem', import.meta.url));
const privateKey = fileURLToPath(new URL('../../fixtures/tls/key.pem', import.meta.url));

it('TLS that is off reads no file', () => {
  expect(readTls({ tls: 'off', caCert: '/nowhere' })).toBeUndefined();
  expect(readTls({})).toBeUndefined();
});

it.each([
  ['unverified', false, false],
  ['verify-ca', true, false],
  ['verify-full', true, true],
] as const)('%s asks for no more and no less', (tls, rejectUnauthorized, verifyIdentity) => {
  expect(readTls({ tls })).toEqual({ rejectUnauthorized, verifyIdentity });
});

it('a file that can not be read is named, with the options', () => {
  expect(() => readTls({ tls: 'verify-full', caCert: '/nowhere/ca.pem' })).toThrow(
    expect.objectContaining({
      code: 'CONFIG',
      message: expect.stringMatching(/^\/nowhere\/ca\.pem .*ENOENT.*neutron\.caCert/) as string,
    }),
  );
});

it('files that make no key and certificate are refused before anything is connected', () => {
  const folder = mkdtempSync(join(tmpdir(), 'port-status-tls-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const nonsense = join(folder, 'key.pem');
  writeFileSync(nonsense, 'no key');
  expect(readTls({ tls: 'verify-ca', certificate, privateKey })).toMatchObject({ rejectUnauthorized: true });
  expect(() => readTls({ tls: 'verify-ca', certificate, privateKey: nonsense })).toThrow(
    expect.objectContaining({ code: 'CONFIG' }),
  );
});

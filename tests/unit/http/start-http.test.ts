import { request } from 'node:http';
import { request as requestTls } from 'node:https';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Gauge, Registry } from 'prom-client';
import { afterEach, expect, it } from 'vitest';
import { readDashboard } from '../../../src/http/dashboard.js';
import { startHttp } from '../../../src/http/start-http.js';
import type { HttpEndpoint, HttpOptions } from '../../../src/http/start-http.js';
import { hasCode } from '../../../src/domain/errors.js';
import { silentLogger } from '../../../src/runtime/logger.js';

const CERTIFICATE = fileURLToPath(new URL('../../fixtures/tls/certificate.pem', import.meta.url));
const KEY = fileURLToPath(new URL('../../fixtures/tls/key.pem', import.meta.url));

const opened: { close(): unknown }[] = [];

afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
});

async function serve(over: Partial<HttpOptions> = {}): Promise<HttpEndpoint> {
  const endpoint = await startHttp({
    listen: '127.0.0.1:0',
    registry: new Registry(),
    checks: async () => [],
    logger: silentLogger,
    ...over,
  });
  opened.push(endpoint);
  return endpoint;
}

interface Reply {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function ask(
  { address }: HttpEndpoint,
  path: string,
  { method = 'GET', headers = {} }: Asking = {},
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const options = { method, headers, agent: false };
    const asked = request(`http://${String(address)}${path}`, options, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}

it('serves metrics in the text format of Prometheus', async () => {
  const registry = new Registry();
  new Gauge({ name: 'ports', help: 'Ports.', registers: [registry] }).set(3);
  const { status, headers, body } = await ask(await serve({ registry }), '/metrics');
  expect([status, headers['content-type']]).toEqual([200, registry.contentType]);
  expect(body).toContain('ports 3');
});

it.each(['/metrics', '/readyz'])('has no %s where it serves the page of a demo', async (path) => {
  const endpoint = await serve({ registry: undefined, checks: undefined });
  const { status, body } = await ask(endpoint, path);
  expect([status, JSON.parse(body)]).toEqual([
    404,
    { error: 'this is the page of a demo; its servers are processes of their own' },
  ]);
});

it('says that it is alive', async () => {
  const { status, body } = await ask(await serve(), '/healthz?probe=1');
  expect([status, JSON.parse(body)]).toEqual([200, { ok: true }]);
});

const CHECK = { name: 'northbound', ok: true, required: true, detail: 'answers', ageMs: 3 };

it('is ready while every check holds, and names each check', async () => {
  let ok = true;
  const endpoint = await serve({ checks: async () => [{ ...CHECK, ok }] });
  const ready = await ask(endpoint, '/readyz');
  expect([ready.status, JSON.parse(ready.body)]).toEqual([
    200,
    { ok: true, checks: [{ ...CHECK, ok: true }] },
  ]);
  ok = false;
  const unready = await ask(endpoint, '/readyz');
  expect([unready.status, JSON.parse(unready.body)]).toMatchObject([503, { ok: false }]);
});

it('is ready where what is not required does not hold, and shows it', async () => {
  const shown = { ...CHECK, name: 'nova', ok: false, required: false, nextStep: 'look at Nova' };
  const { status, body } = await ask(await serve({ checks: async () => [CHECK, shown] }), '/readyz');
  expect([status, JSON.parse(body)]).toEqual([200, { ok: true, checks: [CHECK, shown] }]);
});

it('answers other paths with 404 and other methods with 405, as JSON', async () => {
  const endpoint = await serve();
  const absent = await ask(endpoint, '/');
  expect([absent.status, JSON.parse(absent.body)]).toMatchObject([
    404,
    { error: expect.any(String) as string },
  ]);
  const posted = await ask(endpoint, '/metrics', { method: 'POST' });
  expect([posted.status, posted.headers['allow']]).toEqual([405, 'GET, HEAD']);
});

it('answers HEAD without a body', async () => {
  const { status, headers, body } = await ask(await serve(), '/healthz', { method: 'HEAD' });
  expect([status, headers['content-length'], body]).toEqual([200, '12', '']);
});

it('answers 500 where metrics cannot be collected', async () => {
  const registry = { contentType: 'text/plain' as const, metrics: () => Promise.reject(new Error('broken')) };
  const { status, body } = await ask(await serve({ registry: registry as never }), '/metrics');
  expect(status).toBe(500);
  expect(body).not.toContain('broken');
});

it('listens nowhere when it is off', async () => {
  expect((await serve({ listen: 'off' })).address).toBeUndefined();
});

it('names the option where its port is in use', async () => {
  const other = createServer();
  opened.push(other);
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const listen = `127.0.0.1:${(other.address() as AddressInfo).port}`;
  const refusal: unknown = await serve({ listen }).catch((error: unknown) => error);
  expect(hasCode(refusal, 'CONFIG') && refusal.message).toBe(
    `http.listen: ${listen} is in use; choose another address or off`,
  );
});

it('ends its connections when it is closed, also the second time', async () => {
  const endpoint = await serve();
  await ask(endpoint, '/healthz');
  await endpoint.close();
  await endpoint.close();
  await expect(ask(endpoint, '/healthz')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

const TOKEN = 'a-token-of-more-than-16';
const PATHS = ['/metrics', '/healthz', '/readyz', '/api/v1/listeners', '/'];

it.each(PATHS)('asks for the token at %s, whatever else is asked', async (path) => {
  const endpoint = await serve({ token: TOKEN });
  for (const authorization of ['', TOKEN, `Bearer ${TOKEN}x`, `Bearer ${TOKEN.slice(1)}`, `Basic ${TOKEN}`]) {
    const { status, headers, body } = await ask(endpoint, path, { headers: { authorization } });
    expect([status, headers['www-authenticate']]).toEqual([401, expect.stringMatching(/^Basic.*Bearer$/)]);
    expect(body).not.toContain(TOKEN);
  }
});

it('serves whoever bears the token', async () => {
  const endpoint = await serve({ token: TOKEN });
  const basic = Buffer.from(`anybody:${TOKEN}`).toString('base64');
  for (const authorization of [`Bearer ${TOKEN}`, `Basic ${basic}`])
    expect((await ask(endpoint, '/healthz', { headers: { authorization } })).status).toBe(200);
});

it('serves nobody who came by the name of another machine, where it asks for no token', async () => {
  const endpoint = await serve();
  for (const host of ['evil.example', 'evil.example:80', '127.0.0.1.evil.example'])
    expect((await ask(endpoint, '/metrics', { headers: { host } })).status).toBe(403);
  for (const host of ['localhost:9690', '[::1]:9690', '127.0.0.53'])
    expect((await ask(endpoint, '/metrics', { headers: { host } })).status).toBe(200);
});

it.each([{}, { token: TOKEN }, { certFile: CERTIFICATE, keyFile: KEY }])(
  'does not listen where other machines reach it without token and certificate: with %o',
  async (over) => {
    const refusal: unknown = await serve({ listen: '0.0.0.0:0', ...over }).catch((error: unknown) => error);
    expect(hasCode(refusal, 'CONFIG') && refusal.message).toContain('reached by other machines');
  },
);

it('speaks TLS where it has a certificate, and asks for the token there', async () => {
  const { address } = await serve({ listen: '0.0.0.0:0', token: TOKEN, certFile: CERTIFICATE, keyFile: KEY });
  const url = `https://127.0.0.1:${String(address).split(':')[1] ?? ''}/healthz`;
  const statuses = [{}, { authorization: `Bearer ${TOKEN}` }].map(
    (headers) =>
      new Promise((resolve, reject) => {
        const asked = requestTls(url, { headers, rejectUnauthorized: false, agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        asked.on('error', reject);
        asked.end();
      }),
  );
  expect(await Promise.all(statuses)).toEqual([401, 200]);
});

it.each([
  { certFile: '/nowhere/certificate.pem', keyFile: KEY },
  { certFile: CERTIFICATE, keyFile: '/nowhere/key.pem' },
  { certFile: KEY, keyFile: CERTIFICATE },
])('names the options where certificate or key can not be read: %o', async (files) => {
  const refusal: unknown = await serve(files).catch((error: unknown) => error);
  expect(hasCode(refusal, 'CONFIG') && refusal.message).toMatch(/^http\.(certFile|keyFile)/);
});

it('serves the page from its own files alone, and nothing of it where it was not built', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'port-status-page-'));
  opened.push({ close: () => rmSync(folder, { recursive: true }) });
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<title>page</title>');
  writeFileSync(join(folder, 'assets', 'main-1.js'), 'true');
  writeFileSync(join(folder, 'secret.pem'), 'no');
  const endpoint = await serve({ dashboard: readDashboard(folder) });
  const page = await ask(endpoint, '/');
  expect([page.status, page.headers['content-type'], page.body]).toEqual([
    200,
    'text/html; charset=utf-8',
    '<title>page</title>',
  ]);
  expect(page.headers['content-security-policy']).toContain("default-src 'self'");
  const script = await ask(endpoint, '/assets/main-1.js');
  expect([script.status, script.headers['cache-control']]).toEqual([200, 'max-age=31536000, immutable']);
  for (const path of ['/secret.pem', '/../package.json', '/assets/%2e%2e/secret.pem', '/assets'])
    expect((await ask(endpoint, path)).status).toBe(404);
  const none = await serve({ dashboard: readDashboard(join(folder, 'nowhere')) });
  expect((await ask(none, '/')).status).toBe(404);
});

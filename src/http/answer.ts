import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import type { Logger } from '../runtime/logger.js';

/** One thing that has to hold for a process to do its work, such as the connection to a database. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** In words: what is wrong, or what was seen. */
  readonly detail: string;
}

export interface Served {
  readonly registry: Pick<Registry, 'metrics' | 'contentType'>;
  readonly checks: () => readonly Check[];
  readonly logger: Logger;
}

interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

/** Answers one request. Never throws: what fails is a 500. */
export async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  served: Served,
): Promise<void> {
  const { status, contentType, body } = await answerTo(request, served).catch((error: unknown) => {
    served.logger.error({ event: 'http.failed', path: request.url, err: error }, 'a request failed');
    return json(500, { error: 'internal error; see the log' });
  });
  if (status === 405) response.setHeader('allow', 'GET, HEAD');
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  // Node leaves the body out where the method is HEAD.
  response.end(body);
}

async function answerTo({ method, url = '/' }: IncomingMessage, served: Served): Promise<Answer> {
  if (method !== 'GET' && method !== 'HEAD') return json(405, { error: 'only GET and HEAD are served' });
  const path = url.replace(/\?.*/s, '');
  if (path === '/metrics') return metrics(served.registry);
  // Whoever answers runs: the endpoint is closed as soon as one of the loops has ended.
  if (path === '/healthz') return json(200, { ok: true });
  if (path === '/readyz') return readiness(served.checks());
  return json(404, { error: 'not found; there are /metrics, /healthz and /readyz' });
}

async function metrics(registry: Served['registry']): Promise<Answer> {
  return { status: 200, contentType: registry.contentType, body: await registry.metrics() };
}

/** `{ "ok": false, "checks": [{ "name": "northbound", "ok": false, "detail": "no answer for 3 s" }] }` */
function readiness(checks: readonly Check[]): Answer {
  const ok = checks.every((check) => check.ok);
  return json(ok ? 200 : 503, { ok, checks });
}

function json(status: number, value: unknown): Answer {
  return { status, contentType: 'application/json; charset=utf-8', body: `${JSON.stringify(value)}\n` };
}

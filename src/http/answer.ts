import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import type { Check } from '../runtime/check.js';
import type { Logger } from '../runtime/logger.js';
import type { ApiDesk } from './api-desk.js';
import { EVENTS_PATH } from './events.js';
import { json } from './json.js';
import type { Answer } from './json.js';
import { bearsToken } from './token.js';

export interface Served {
  /** What every request has to bear; absent: nobody is asked. */
  readonly token?: string | undefined;
  /** Who answers what is below `/api/v1`; absent: there is nothing. */
  readonly api?: ApiDesk | undefined;
  /** The files of the page for people, by their path; absent: there is none. */
  readonly dashboard?: ReadonlyMap<string, Answer> | undefined;
  /** What may be done by POST, by its path: in the demo alone. */
  readonly controls?: ReadonlyMap<string, () => Promise<void>> | undefined;
  /** What `/metrics` answers; absent in the demo, whose servers are processes of their own. */
  readonly registry?: Pick<Registry, 'metrics' | 'contentType'> | undefined;
  /** What `/readyz` answers; it has to end by itself. Absent in the demo. */
  readonly checks?: (() => Promise<readonly Check[]>) | undefined;
  readonly logger: Logger;
}

/** Headers beside those of every answer. */
const HEADERS: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  401: { 'www-authenticate': 'Basic realm="port-status", charset="UTF-8", Bearer' },
  405: { allow: 'GET, HEAD' },
  503: { 'retry-after': '1' },
};

/** Answers one request. Never throws: what fails is a 500. */
export async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  served: Served,
): Promise<void> {
  const answered = await answerTo(request, response, served).catch((error: unknown) => {
    served.logger.error({ event: 'http.failed', path: request.url, err: error }, 'a request failed');
    return json(500, { error: 'internal error; see the log' });
  });
  if (answered === undefined) return;
  const { status, contentType, body, headers } = answered;
  response.writeHead(status, {
    ...HEADERS[status],
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  // Node leaves the body out where the method is HEAD.
  response.end(body);
}

/** @returns undefined where the answer is under way, and goes on for as long as somebody listens. */
async function answerTo(
  request: IncomingMessage,
  response: ServerResponse,
  served: Served,
): Promise<Answer | undefined> {
  const refused = refusal(request, served);
  if (refused !== undefined) return refused;
  const { url: asked = '/' } = request;
  if (!URL.canParse(asked, 'http://here')) return json(400, { error: 'the path can not be read' });
  const url = new URL(asked, 'http://here');
  if (request.method === 'POST') return control(request, served.controls?.get(url.pathname));
  switch (url.pathname) {
    case '/metrics':
      return served.registry === undefined ? ofDemo() : metrics(served.registry);
    case '/healthz':
      // Whoever answers runs: the endpoint is closed as soon as one of the loops has ended.
      return json(200, { ok: true });
    case '/readyz':
      return served.checks === undefined ? ofDemo() : readiness(await served.checks());
    case EVENTS_PATH:
      return served.api === undefined ? notFound(served) : served.api.events.follow(request, response);
    default:
      return served.dashboard?.get(url.pathname) ?? (await served.api?.answer(url)) ?? notFound(served);
  }
}

/** Who is asked for no token is on this machine, and came by its name: a page of somebody else's in a browser did not. */
const OF_THIS_MACHINE = /^(127(\.\d{1,3}){3}|\[::1\]|localhost)(:\d+)?$/i;

function refusal({ method, headers }: IncomingMessage, { token, controls }: Served): Answer | undefined {
  if (token === undefined && !OF_THIS_MACHINE.test(headers.host ?? ''))
    return json(403, { error: 'ask by a loopback address, or set http.token and send it' });
  if (token !== undefined && !bearsToken(headers.authorization, token))
    return json(401, {
      error: 'send "Authorization: Bearer" with the token that http.token has; a browser, as the password',
    });
  const mayPost = method === 'POST' && controls !== undefined;
  return mayPost || method === 'GET' || method === 'HEAD'
    ? undefined
    : json(405, { error: 'only GET and HEAD are served' });
}

/** What only a page of ours sends along: a form of somebody else's can not. */
const CONTROL_HEADER = 'x-port-status-control';

async function control(
  { headers }: IncomingMessage,
  act: (() => Promise<void>) | undefined,
): Promise<Answer> {
  if (act === undefined) return json(404, { error: 'there is no such control' });
  if (headers[CONTROL_HEADER] === undefined) return json(403, { error: `send the header ${CONTROL_HEADER}` });
  await act();
  return json(200, { ok: true });
}

function notFound({ api, registry, checks }: Served): Answer {
  const own = [...(registry === undefined ? [] : ['/metrics']), ...(checks === undefined ? [] : ['/readyz'])];
  const paths = [...own, ...(api?.paths ?? [])];
  return json(404, { error: `not found; there are ${paths.join(', ')} and /healthz` });
}

function ofDemo(): Answer {
  return json(404, { error: 'this is the page of a demo; its servers are processes of their own' });
}

async function metrics(registry: NonNullable<Served['registry']>): Promise<Answer> {
  return { status: 200, contentType: registry.contentType, body: await registry.metrics() };
}

/** As docs/operating/health.md shows it. */
function readiness(checks: readonly Check[]): Answer {
  const ok = checks.every((check) => check.ok || !check.required);
  return json(ok ? 200 : 503, { ok, checks });
}

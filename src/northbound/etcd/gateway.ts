import { Agent, request } from 'undici';
import type { Dispatcher } from 'undici';
import { parseJson } from '../../domain/json.js';
import { hasCode, PortStatusError } from '../../domain/errors.js';
import type { Clock } from '../../runtime/clock.js';
import type { Random } from '../../runtime/random.js';
import { Scope } from '../../runtime/scope.js';
import { untilStopped } from '../../runtime/until-stopped.js';
import { closed, unavailable } from '../refusals.js';
import type { Address, Credentials } from './address.js';
import { Endpoints } from './endpoints.js';
import type { EndpointWatchers } from './endpoints.js';
import { codeOf, ENGINE, Refused, translateFailure, wasNeverSent } from './faults.js';
import { readLines } from './lines.js';
import { connectorOf } from './tls.js';
import type { TlsFiles } from './tls.js';

export interface GatewayOptions extends EndpointWatchers {
  readonly clock: Clock;
  readonly random: Random;
  readonly tls?: TlsFiles | undefined;
}

export interface Call {
  /** Such as `/v3/kv/txn`. */
  readonly path: string;
  readonly body: object;
  /** Whether it does no harm to be carried out twice: another member is then asked where one fails. */
  readonly isRepeatable: boolean;
}

/** What is sent to one member after the other. */
interface Sent {
  readonly path: string;
  readonly body: string;
  readonly token: string | undefined;
}

/** How long an answer may take; after that the connection is dropped and the outcome unknown. */
const COMMAND_MS = 3000;

/** The same for what another member may be asked: so a heartbeat outlives a member that stands still. */
const HASTY_MS = 1000;

/** Ends the timer of a call that has ended. */
const OVER = new Error('the call is over');

/** Connections per member for calls, so many that a heartbeat waits behind no acknowledgement; a stream has one of its own. */
const CONNECTIONS = 64;

/**
 * etcd's JSON gateway: calls over HTTP/1.1, each to one member of the cluster, and streams of answers.
 *
 * What was never sent is tried with every member; what may have been carried out, only where that does no harm. Nothing
 * is opened before the first call, and nothing goes on between calls.
 */
export class Gateway {
  readonly #endpoints: Endpoints;
  readonly #clock: Clock;
  readonly #credentials: Credentials | undefined;
  readonly #calls: Agent;
  readonly #streams: Agent;
  readonly #closed = new AbortController();
  #token: Promise<string> | undefined;

  constructor({ endpoints, isTls, credentials }: Address, options: GatewayOptions) {
    const { clock, random, tls = {} } = options;
    this.#endpoints = new Endpoints(endpoints, clock, random, options);
    this.#clock = clock;
    this.#credentials = credentials;
    const connect = connectorOf(isTls ? tls : undefined);
    this.#calls = new Agent({ connect, connections: CONNECTIONS });
    this.#streams = new Agent({ connect, bodyTimeout: 0 });
  }

  /**
   * Sends a request and reads its answer.
   *
   * @throws {Refused} etcd's no. {PortStatusError} UNAVAILABLE, RIGHTS, CONFIG, CLOSED. The signal's reason.
   */
  async call({ path, body, isRepeatable }: Call, signal: AbortSignal): Promise<unknown> {
    const text = JSON.stringify(body);
    return this.#withToken(
      (token) => this.#callAny({ path, body: text, token }, isRepeatable, signal),
      signal,
    );
  }

  /**
   * Sends requests in one body, and gives what is answered, until the stream ends or `stop` is aborted.
   *
   * @throws as `call`, from the iterator too: UNAVAILABLE when the connection is lost.
   */
  async stream(
    path: string,
    requests: readonly object[],
    stop: AbortController,
  ): Promise<AsyncIterable<unknown>> {
    const body = requests.map((one) => JSON.stringify(one)).join('\n');
    return this.#withToken(async (token) => {
      const [endpoint = ''] = this.#endpoints.inOrder();
      const giveUp = (why: Error): void => stop.abort(why);
      const whom = { endpoint, withinMs: COMMAND_MS, agent: this.#streams };
      const exchange = { ...whom, signal: stop.signal, giveUp };
      const lines = await this.#exchange({ path, body, token }, exchange, async (answer) => answer.body);
      return this.#parse(lines, endpoint, stop.signal);
    }, stop.signal);
  }

  /** The next request logs in anew. */
  forgetToken(): void {
    this.#token = undefined;
  }

  /** Ends all connections; what is under way throws CLOSED. */
  async close(): Promise<void> {
    this.#closed.abort(closed(ENGINE));
    await Promise.all([this.#calls.destroy(), this.#streams.destroy()]);
  }

  /** A token that is refused (it expired, or its member was restarted) is renewed once. */
  async #withToken<T>(send: (token: string | undefined) => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#credentials === undefined) return send(undefined);
    const token = await this.#currentToken(this.#credentials, signal);
    try {
      return await send(token);
    } catch (error) {
      if (!(error instanceof Refused && error.isOfToken)) throw error;
      this.forgetToken();
      return send(await this.#currentToken(this.#credentials, signal));
    }
  }

  /** Callers that find no token at the same time share one request, which does not end with the first of them. */
  async #currentToken(credentials: Credentials, signal: AbortSignal): Promise<string> {
    const pending = (this.#token ??= this.#logIn(credentials));
    try {
      return await untilStopped(pending, signal);
    } catch (error) {
      if (this.#token === pending && !signal.aborted) this.forgetToken();
      throw error;
    }
  }

  async #logIn({ user, password }: Credentials): Promise<string> {
    const body = JSON.stringify({ name: user, password });
    const sent = { path: '/v3/auth/authenticate', body, token: undefined };
    const answer = await this.#callAny(sent, true, this.#closed.signal);
    return (answer as { readonly token?: string }).token ?? '';
  }

  async #callAny(sent: Sent, isRepeatable: boolean, signal: AbortSignal): Promise<unknown> {
    const endpoints = this.#endpoints.inOrder();
    for (const [index, endpoint] of endpoints.entries()) {
      const isLast = index === endpoints.length - 1;
      const withinMs = isRepeatable && !isLast ? HASTY_MS : COMMAND_MS;
      try {
        return await this.#callOne({ endpoint, withinMs }, sent, signal);
      } catch (error) {
        if (isLast || !isWorthAnotherMember(error, isRepeatable)) throw error;
      }
    }
    throw unavailable(ENGINE, 'there is no member to ask');
  }

  async #callOne(
    whom: Pick<Exchange, 'endpoint' | 'withinMs'>,
    sent: Sent,
    signal: AbortSignal,
  ): Promise<unknown> {
    using late = new Scope(signal);
    const giveUp = (why: Error): void => late.end(why);
    const exchange = { ...whom, agent: this.#calls, signal: late.signal, giveUp };
    return JSON.parse(await this.#exchange(sent, exchange, (answer) => answer.body.text())) as unknown;
  }

  /** One request to one member; `read` has to come to its end in time, too. */
  async #exchange<T>(
    { path, body, token }: Sent,
    { endpoint, withinMs, agent, signal, giveUp }: Exchange,
    read: (answer: Dispatcher.ResponseData) => Promise<T>,
  ): Promise<T> {
    this.#closed.signal.throwIfAborted();
    const done = new AbortController();
    const deadline = this.#clock.sleep(withinMs, done).then(
      () => giveUp(new Silence(withinMs)),
      () => undefined,
    );
    try {
      const headers = headersOf(token);
      const url = endpoint + path;
      const answer = await request(url, { method: 'POST', headers, body, dispatcher: agent, signal });
      if (answer.statusCode !== 200) throw refusalOf(await answer.body.text(), answer.statusCode, url);
      const result = await read(answer);
      this.#endpoints.answered(endpoint);
      return result;
    } catch (error) {
      throw this.#explain(error, endpoint, signal);
    } finally {
      done.abort(OVER);
      await deadline;
    }
  }

  async *#parse(body: AsyncIterable<Uint8Array>, endpoint: string, signal: AbortSignal): AsyncGenerator {
    try {
      for await (const line of readLines(body)) yield JSON.parse(line) as unknown;
    } catch (error) {
      throw this.#explain(error, endpoint, signal);
    }
    throw this.#explain(new StreamEnd(), endpoint, signal);
  }

  /** What a failure means, also for the member; a call that its caller gave up means nothing. */
  #explain(error: unknown, endpoint: string, signal: AbortSignal): unknown {
    if (this.#closed.signal.aborted) return closed(ENGINE);
    if (signal.aborted && !(signal.reason instanceof Silence)) return signal.reason;
    if (error instanceof Refused && !error.isOfMember) {
      this.#endpoints.answered(endpoint);
      return error;
    }
    this.#endpoints.failed(endpoint, error instanceof Refused ? error.words : codeOf(error));
    return error instanceof Refused ? error : translateFailure(error, endpoint);
  }
}

interface Exchange {
  readonly endpoint: string;
  readonly withinMs: number;
  readonly agent: Agent;
  readonly signal: AbortSignal;
  /** Ends it when its time is over. */
  readonly giveUp: (why: Error) => void;
}

/** Why a call is given up whose time is over. */
class Silence extends Error {
  readonly code: string;

  constructor(ms: number) {
    super('no answer');
    this.code = `silent for ${ms} ms`;
  }
}

class StreamEnd extends Error {
  readonly code = 'its stream ended';
}

/** `hasleader`: a member that has lost its cluster says so instead of waiting for it. */
function headersOf(token: string | undefined): Record<string, string> {
  const headers = { 'content-type': 'application/json', 'grpc-metadata-hasleader': 'true' };
  return token === undefined ? headers : { ...headers, authorization: token };
}

function isWorthAnotherMember(error: unknown, isRepeatable: boolean): boolean {
  if (error instanceof Refused) return isRepeatable && error.isOfMember;
  if (!(error instanceof PortStatusError)) return false;
  return wasNeverSent(error.cause) || (isRepeatable && hasCode(error, 'UNAVAILABLE'));
}

interface RawRefusal {
  readonly code?: number;
  readonly message?: string;
}

/** An answer that is not 200; one that does not come from the gateway is another program's. */
function refusalOf(text: string, status: number, url: string): Error {
  const { code, message } = (parseJson(text) ?? {}) as RawRefusal;
  if (code !== undefined && message !== undefined) return new Refused(new URL(url).host, code, message);
  if (status >= 500) return unavailable(ENGINE, `${url} answers HTTP ${status}`);
  const words = text.trim().slice(0, 200);
  return new PortStatusError(
    'CONFIG',
    `northbound database (${ENGINE}): ${url} answers HTTP ${status} (${words}); northbound.url must lead to etcd 3.4 or later with its JSON gateway, and northbound.certFile must name nobody: see docs/northbound.md`,
  );
}

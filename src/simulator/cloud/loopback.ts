import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../runtime/clock.js';
import { Trouble } from './trouble.js';
import type { Fault } from './trouble.js';

/** How many of the newest requests are kept for those who look. */
const MAX_KEPT = 10_000;

/** One request, as it came in. */
export interface RecordedRequest {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** An HTTP service on 127.0.0.1 and a free port that records what it is asked and can be put into trouble. */
export class Loopback {
  readonly trouble: Trouble;
  readonly requests: RecordedRequest[] = [];
  readonly #clock: Clock;
  readonly #answer: (request: RecordedRequest) => Reply;
  readonly #closed = new AbortController();
  readonly #server = createServer((message, response) => {
    this.#serve(message, response).catch(() => response.destroy());
  });

  constructor(clock: Clock, answer: (request: RecordedRequest) => Reply) {
    this.trouble = new Trouble(clock);
    this.#clock = clock;
    this.#answer = answer;
  }

  /** Begins to listen. @returns the address, without a slash at its end. */
  async open(): Promise<string> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** Cuts every connection and stops listening. Idempotent. */
  async close(): Promise<void> {
    this.#closed.abort(new Error('the fake service was closed'));
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await this.#record(message);
    const fault = this.trouble.strike();
    if (fault?.kind === 'silence') return;
    if (fault?.kind === 'slow') await this.#clock.sleep(fault.byMs, { signal: this.#closed.signal });
    const reply = isStruckBefore(fault) ? undefined : this.#answer(request);
    if (fault?.kind === 'cut') response.destroy();
    else if (fault?.kind === 'garbage')
      send(response, { status: reply?.status ?? 200, body: '<html></html>'.padEnd(fault.bytes ?? 0) });
    else send(response, reply ?? { status: fault?.kind === 'status' ? fault.status : 500, body: '' });
  }

  async #record(message: IncomingMessage): Promise<RecordedRequest> {
    const chunks: Buffer[] = [];
    for await (const chunk of message) chunks.push(chunk as Buffer);
    const { method = '', url: path = '', headers } = message;
    const body = Buffer.concat(chunks).toString('utf8');
    const request = { at: this.#clock.now(), method, path, headers, body };
    this.requests.push(request);
    if (this.requests.length > MAX_KEPT) this.requests.shift();
    return request;
  }
}

/** Whether the fault keeps the service from doing its work. */
function isStruckBefore(fault: Fault | undefined): boolean {
  return fault?.kind === 'status' || (fault?.kind === 'cut' && fault.when === 'before');
}

function send(response: ServerResponse, { status, headers, body }: Reply): void {
  const isText = typeof body === 'string';
  response.writeHead(status, { 'Content-Type': isText ? 'text/html' : 'application/json', ...headers });
  response.end(isText ? body : JSON.stringify(body));
}

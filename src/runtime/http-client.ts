import { request } from 'undici';
import type { Agent } from 'undici';
import type { Clock } from './clock.js';
import { Scope } from './scope.js';

export interface HttpPost {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * What became of a request.
 *
 * - `answer`: a whole one was read.
 * - `silence`: none was, for the reason in `why`. The request may have been carried out all the same.
 */
export type HttpOutcome =
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly header: (name: string) => string | undefined;
      readonly text: string;
    }
  | { readonly kind: 'silence'; readonly why: string };

/** Connections over HTTP: one pool, whose answers its maker bounds, and one deadline for each request as a whole. */
export class HttpClient {
  readonly #agent: Agent;
  readonly #clock: Clock;
  readonly #timeoutMs: number;

  constructor(agent: Agent, clock: Clock, timeoutMs: number) {
    this.#agent = agent;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Sends one request, never twice. @throws only the signal's reason. */
  async post(post: HttpPost, { signal }: { readonly signal: AbortSignal }): Promise<HttpOutcome> {
    using late = new Scope(signal);
    const done = new AbortController();
    const deadline = this.#clock.sleep(this.#timeoutMs, { signal: done.signal }).then(
      () => late.end(),
      () => undefined,
    );
    try {
      return await this.#exchange(post, late.signal);
    } catch (error) {
      signal.throwIfAborted();
      const why = late.signal.aborted ? `no answer within ${this.#timeoutMs} ms` : reasonOf(error);
      return { kind: 'silence', why };
    } finally {
      done.abort();
      await deadline;
    }
  }

  async #exchange({ url, headers, body }: HttpPost, signal: AbortSignal): Promise<HttpOutcome> {
    const answer = await request(url, { method: 'POST', headers, body, dispatcher: this.#agent, signal });
    const header = (name: string): string | undefined => [answer.headers[name]].flat()[0];
    return { kind: 'answer', status: answer.statusCode, header, text: await answer.body.text() };
  }

  /** Ends all connections; requests under way have the outcome `silence`. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }
}

/** The stable code of a system, TLS or undici error, such as ECONNREFUSED or UND_ERR_SOCKET. */
export function reasonOf(error: unknown): string {
  const isCoded = error instanceof Error && 'code' in error && typeof error.code === 'string';
  if (isCoded) return String(error.code);
  return error instanceof Error ? error.name : 'unknown error';
}

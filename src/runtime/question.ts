import { PortStatusError } from '../domain/errors.js';
import type { Clock } from './clock.js';

/** What became of a question; after a `silence` its answer may still come. */
export type Reply<T> =
  | { readonly kind: 'answer'; readonly value: T }
  | { readonly kind: 'failure'; readonly error: PortStatusError }
  | { readonly kind: 'silence' };

const SILENCE = { kind: 'silence' } as const;

/**
 * By then every dependency has given up a call that hangs: the slowest is Nova. One that does so all the same is forgotten.
 */
const FORGOTTEN_MS = 60_000;

/**
 * A question to a dependency, asked once at a time: whoever puts it while an earlier one is unanswered waits for that one.
 * A dependency that never answers holds one call, however often somebody wants to know.
 */
export class Question<T> {
  readonly #ask: () => Promise<T>;
  readonly #clock: Pick<Clock, 'sleep' | 'monotonicMs'>;
  #pending: { readonly reply: Promise<Reply<T>>; readonly sinceMs: number } | undefined;

  constructor(ask: () => Promise<T>, clock: Pick<Clock, 'sleep' | 'monotonicMs'>) {
    this.#ask = ask;
    this.#clock = clock;
  }

  /** Waits no longer than that for the answer. @throws what nobody foresaw: a bug, not an outage. */
  async put(patienceMs: number): Promise<Reply<T>> {
    const reply = this.#pendingReply();
    const heard = new AbortController();
    const silence = this.#clock.sleep(patienceMs, heard).then(
      () => SILENCE,
      () => SILENCE,
    );
    try {
      return await Promise.race([reply, silence]);
    } finally {
      heard.abort();
    }
  }

  #pendingReply(): Promise<Reply<T>> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#pending !== undefined && nowMs - this.#pending.sinceMs < FORGOTTEN_MS)
      return this.#pending.reply;
    const asked = { reply: this.#reply(), sinceMs: nowMs };
    this.#pending = asked;
    const end = (): void => {
      if (this.#pending === asked) this.#pending = undefined;
    };
    asked.reply.then(end, end);
    return asked.reply;
  }

  async #reply(): Promise<Reply<T>> {
    try {
      return { kind: 'answer', value: await this.#ask() };
    } catch (error) {
      if (!(error instanceof PortStatusError)) throw error;
      return { kind: 'failure', error };
    }
  }
}

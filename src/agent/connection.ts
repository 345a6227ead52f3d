import { hasCode } from '../domain/errors.js';
import type { Clock } from '../runtime/clock.js';
import type { Logger } from '../runtime/logger.js';
import type { Metrics } from '../runtime/metrics.js';
import type { Random } from '../runtime/random.js';
import { backoffMs } from '../runtime/retry.js';
import type { Backoff } from '../runtime/retry.js';

export interface ConnectionParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly backoff: Backoff;
}

/** Whether the northbound database answers, and calls that are repeated until it does. */
export class Connection {
  readonly #parts: ConnectionParts;
  #state: 'up' | 'down' = 'down';
  #answeredAtMs: number | undefined;
  #isAnnounced = false;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    parts.metrics.connected.set({ to: 'northbound' }, 0);
  }

  get state(): 'up' | 'down' {
    return this.#state;
  }

  /** When it answered last, by the monotonic clock. */
  get answeredAtMs(): number | undefined {
    return this.#answeredAtMs;
  }

  /** Notes that it answered: a call of our own did not have to be repeated. */
  noteAnswer(): void {
    this.#answeredAtMs = this.#parts.clock.monotonicMs();
  }

  /**
   * Repeats a call, with growing pauses, until it does not throw UNAVAILABLE.
   *
   * @throws {PortStatusError} whatever else the call throws; the signal's reason when it is aborted.
   */
  async untilAnswered<T>(call: () => Promise<T>, { signal }: { readonly signal: AbortSignal }): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        const answer = await call();
        this.noteAnswer();
        this.#rise();
        return answer;
      } catch (error) {
        if (!hasCode(error, 'UNAVAILABLE')) throw error;
        this.#fall(error.message);
      }
      await this.pause(attempt, { signal });
    }
  }

  /** Waits before repetition number `attempt`. */
  pause(attempt: number, { signal }: { readonly signal: AbortSignal }): Promise<void> {
    const { clock, random, backoff } = this.#parts;
    return clock.sleep(backoffMs(attempt, backoff, random), { signal });
  }

  #rise(): void {
    if (this.#state === 'up') return;
    this.#change('up');
    this.#parts.logger.info({ event: 'northbound.up' }, 'the northbound database answers');
  }

  /** Says so once, also where the first call of all fails, and not again at every attempt. */
  #fall(detail: string): void {
    this.#parts.metrics.connectionFailures.inc({ to: 'northbound' });
    if (this.#state === 'down' && this.#isAnnounced) return;
    this.#change('down');
    this.#parts.logger.warn({ event: 'northbound.down', detail }, 'the northbound database does not answer');
  }

  #change(state: 'up' | 'down'): void {
    this.#isAnnounced = true;
    this.#state = state;
    this.#parts.metrics.connected.set({ to: 'northbound' }, state === 'up' ? 1 : 0);
  }
}

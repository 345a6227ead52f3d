import type { Clock } from '../runtime/clock.js';

/** A rush has lulls: it is over when none was noted for so long. */
const LULL_MS = 250;

/** For how long a step of the sweep waits for a rush to be over, at the most: a server that is always busy sweeps slowly. */
const MOST_MS = 1000;

/** Whether many reports arrive at once: work that may wait then waits. Times are of the monotonic clock. */
export class Rush {
  readonly #clock: Clock;
  #notedAtMs = -Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** There is a rush now. */
  note(): void {
    this.#notedAtMs = this.#clock.monotonicMs();
  }

  /** Waits until it is over, or for a second. */
  async letPass(signal: AbortSignal): Promise<void> {
    const latestMs = this.#clock.monotonicMs() + MOST_MS;
    for (;;) {
      const untilMs = Math.min(this.#notedAtMs + LULL_MS, latestMs);
      const waitMs = untilMs - this.#clock.monotonicMs();
      if (waitMs <= 0) return;
      await this.#clock.sleep(waitMs, { signal });
    }
  }
}

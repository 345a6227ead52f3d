import type { Clock } from '../runtime/clock.js';

/** Keeps work at so many items a second; the first `burst` of them, and those after a rest, are free. */
export class Pace {
  readonly #clock: Clock;
  readonly #itemMs: number;
  readonly #burstMs: number;
  #paidUntilMs = -Infinity;

  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#clock = clock;
    this.#itemMs = 1000 / perSecond;
    this.#burstMs = burst * this.#itemMs;
  }

  /** Waits until so many more items may have been worked on. */
  async spend(items: number, signal: AbortSignal): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    this.#paidUntilMs = Math.max(this.#paidUntilMs, nowMs - this.#burstMs) + items * this.#itemMs;
    const waitMs = this.#paidUntilMs - nowMs;
    if (waitMs > 0) await this.#clock.sleep(Math.ceil(waitMs), { signal });
  }
}

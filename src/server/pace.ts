import type { Clock } from '../runtime/clock.js';

/** Keeps work at so many items a second; the first `burst` of them, and those after a rest, are free. */
export class Pace {
  readonly #clock: Clock;
  readonly #itemMs: number;
  readonly #burstMs: number;
  #paidUntilMs = -Infinity;
  #spent = 0;

  constructor(clock: Clock, perSecond: number, burst: number) {
    this.#clock = clock;
    this.#itemMs = 1000 / perSecond;
    this.#burstMs = burst * this.#itemMs;
  }

  /** Items that were worked on. */
  get spent(): number {
    return this.#spent;
  }

  /** Waits until so many more items may have been worked on. */
  async spend(items: number, signal: AbortSignal): Promise<void> {
    this.#spent += items;
    const nowMs = this.#clock.monotonicMs();
    this.#paidUntilMs = Math.max(this.#paidUntilMs, nowMs - this.#burstMs) + items * this.#itemMs;
    const waitMs = this.#paidUntilMs - nowMs;
    if (waitMs > 0) await this.#clock.sleep(Math.ceil(waitMs), { signal });
  }
}

/** The least that is worked on in a second: work this small is done as it comes. */
const LEAST_PER_SECOND = 1000;

/** The rate at which so many items are spread evenly over a time, `most` a second at the most. */
export function evenRate(items: number, overMs: number, most: number): number {
  return Math.min(most, Math.max(LEAST_PER_SECOND, (items * 1000) / overMs));
}

/** How work is done that is cut into portions. */
export interface Portions {
  readonly pace: Pace;
  /** The most items of one. */
  readonly limit: number;
}

/** The most rows that are compared in one go: as many as pay. */
const MOST_AT_ONCE = 1000;

/** How many of so many a second are worked on in one go: a quarter of a second's, so that what comes between waits for little. */
export function portionAt(perSecond: number): number {
  return Math.min(MOST_AT_ONCE, Math.ceil(perSecond / 4));
}

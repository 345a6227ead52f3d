import type { Clock, SleepOptions } from './clock.js';

interface Sleeper {
  readonly at: number;
  readonly order: number;
  wake(): void;
}

/**
 * A clock that stands still until it is told to go on: tests and the simulator move it.
 *
 * Sleepers wake in the order of their moments, and in the order of their calls where those are equal; before each one
 * wakes, everything that the one before set going has run.
 */
export class VirtualClock implements Clock {
  #now: number;
  #skew = 0;
  #order = 0;
  #sleepers: Sleeper[] = [];
  /** Calls of `turn` that have not resolved yet. */
  #turning = 0;

  /** @param startMs milliseconds since 1970. */
  constructor(startMs = Date.UTC(2026, 0, 1)) {
    this.#now = startMs;
  }

  now(): number {
    return this.#now + this.#skew;
  }

  monotonicMs(): number {
    return this.#now;
  }

  /** Sets the wall clock by so many milliseconds; durations are not concerned. */
  step(ms: number): void {
    this.#skew += ms;
  }

  sleep(ms: number, { signal }: SleepOptions = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      const sleeper: Sleeper = {
        at: this.#now + Math.max(0, ms),
        order: this.#order++,
        wake: () => {
          signal?.removeEventListener('abort', giveUp);
          resolve();
        },
      };
      const giveUp = (): void => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      this.#sleepers.push(sleeper);
    });
  }

  async turn(): Promise<void> {
    this.#turning++;
    await oneTurn();
    this.#turning--;
  }

  /** Moves the time on by `ms` and wakes whoever is due on the way. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await this.#settle();
    for (let next = this.#takeDue(end); next !== undefined; next = this.#takeDue(end)) {
      this.#now = next.at;
      next.wake();
      await this.#settle();
    }
    this.#now = end;
  }

  #takeDue(end: number): Sleeper | undefined {
    const due = this.#sleepers
      .filter(({ at }) => at <= end)
      .reduce<Sleeper | undefined>(
        (first, other) =>
          first === undefined || other.at < first.at || (other.at === first.at && other.order < first.order)
            ? other
            : first,
        undefined,
      );
    this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== due);
    return due;
  }

  /** Lets everything run that is ready to, until it sleeps or waits for something else. */
  async #settle(): Promise<void> {
    do await oneTurn();
    while (this.#turning > 0);
  }
}

/** One turn of the event loop: runs every microtask there is. */
function oneTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

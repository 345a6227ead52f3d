import type { Clock, SleepOptions } from '../../runtime/clock.js';

/** The clock of one machine: its wall clock may be set, and durations are as everywhere. */
export class MachineClock implements Clock {
  readonly #clock: Clock;
  #skewMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now() + this.#skewMs;
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  sleep(ms: number, options?: SleepOptions): Promise<void> {
    return this.#clock.sleep(ms, options);
  }

  turn(): Promise<void> {
    return this.#clock.turn();
  }

  /** Sets the wall clock by so many milliseconds. */
  step(ms: number): void {
    this.#skewMs += ms;
  }
}

import type { Clock } from '../runtime/clock.js';
import { Doorbell } from '../runtime/doorbell.js';
import { Scope } from '../runtime/scope.js';

/** For how long a step of the sweep waits for a rush to be over, at the most: a server that is always busy sweeps slowly. */
const MOST_MS = 200;

/** Whether many reports arrive at once: work that may wait then waits. */
export class Rush {
  readonly #over = new Doorbell();
  #isOn = false;

  note(isOn: boolean): void {
    this.#isOn = isOn;
    if (!isOn) this.#over.ring();
  }

  /** Waits until it is over, or for a fifth of a second. */
  async letPass(clock: Clock, signal: AbortSignal): Promise<void> {
    const latestMs = clock.monotonicMs() + MOST_MS;
    while (this.#isOn && clock.monotonicMs() < latestMs) {
      using either = new Scope(signal);
      await Promise.race([this.#over.wait(either), clock.sleep(latestMs - clock.monotonicMs(), either)]);
    }
  }
}

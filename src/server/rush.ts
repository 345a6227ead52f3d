import type { Clock } from '../runtime/clock.js';
import { Doorbell } from '../runtime/doorbell.js';
import { Scope } from '../runtime/scope.js';

/** Whether more arrives than can be judged at once, as in a storm: work that may wait then waits. For one waiter. */
export class Rush {
  readonly #over = new Doorbell();
  #isOn = false;

  note(isOn: boolean): void {
    this.#isOn = isOn;
    if (!isOn) this.#over.ring();
  }

  /** Waits until it is over, or until then, by the monotonic clock. */
  async untilOver(clock: Clock, latestMs: number, signal: AbortSignal): Promise<void> {
    while (this.#isOn && clock.monotonicMs() < latestMs) {
      using either = new Scope(signal);
      await Promise.race([this.#over.wait(either), clock.sleep(latestMs - clock.monotonicMs(), either)]);
    }
  }
}

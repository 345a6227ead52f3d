import type { Check } from '../runtime/check.js';
import type { Clock } from '../runtime/clock.js';

/** An answer this old is given again: whoever asks all the time asks the databases no more often. */
const KEPT_MS = 1000;

/** Whether a process is ready, found out once at a time, and no more often than once a second. */
export class Readiness {
  readonly #find: () => Promise<readonly Check[]>;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #finding: Promise<readonly Check[]> | undefined;
  #foundAtMs = 0;

  /** @param find asks anew; it has to end by itself. */
  constructor(find: () => Promise<readonly Check[]>, clock: Pick<Clock, 'monotonicMs'>) {
    this.#find = find;
    this.#clock = clock;
  }

  /** What was found within the last second, or is found now. */
  async checks(): Promise<readonly Check[]> {
    if (this.#finding === undefined || this.#clock.monotonicMs() - this.#foundAtMs >= KEPT_MS) {
      this.#foundAtMs = Infinity;
      this.#finding = this.#find().finally(() => (this.#foundAtMs = this.#clock.monotonicMs()));
    }
    return this.#finding;
  }
}

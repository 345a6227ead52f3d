import type { Clock } from '../../runtime/clock.js';

/**
 * What a fake service does instead of its work.
 *
 * - `status`: answers with this status and does nothing.
 * - `garbage`: does its work and answers under the right status with a page of HTML (of at least so many bytes), as a
 *   broken proxy does.
 * - `silence`: takes the request and never answers.
 * - `slow`: works and answers after so many milliseconds.
 * - `cut`: closes the connection; `after` its work was done, so that only the answer is lost, or `before`.
 */
export type Fault =
  | { readonly kind: 'status'; readonly status: number }
  | { readonly kind: 'garbage'; readonly bytes?: number }
  | { readonly kind: 'silence' }
  | { readonly kind: 'slow'; readonly byMs: number }
  | { readonly kind: 'cut'; readonly when: 'before' | 'after' };

/** How long a fault stands; without either, until `stop`. */
export interface Extent {
  readonly forMs?: number;
  readonly requests?: number;
}

/** The switch for the faults of one fake service; it can be thrown while requests are under way. */
export class Trouble {
  readonly #clock: Clock;
  #fault: Fault | undefined;
  #until = Infinity;
  #requestsLeft = Infinity;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins a fault in place of the one that stands. */
  start(fault: Fault, { forMs = Infinity, requests = Infinity }: Extent = {}): void {
    this.#fault = fault;
    this.#until = this.#clock.monotonicMs() + forMs;
    this.#requestsLeft = requests;
  }

  stop(): void {
    this.#fault = undefined;
  }

  /** The fault that strikes this request; counts it. */
  strike(): Fault | undefined {
    if (this.#requestsLeft <= 0 || this.#clock.monotonicMs() >= this.#until) this.stop();
    this.#requestsLeft -= 1;
    return this.#fault;
  }
}

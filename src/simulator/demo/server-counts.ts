import { parseSamples, sumOf } from '../../runtime/samples.js';
import type { Sample } from '../../runtime/samples.js';
import type { ServerCounts } from './tally.js';

/** How long a server may take to answer. */
const ANSWER_MS = 1000;

/**
 * Keeps what servers count over all their lives. A count dies with its process: so each server is asked right before
 * the demo kills it, and what it counted in the milliseconds between is missing. Only figures to look at come from here;
 * what decides about success does not.
 */
export class CountKeeper {
  readonly #lives = new Map<object, readonly Sample[]>();

  /** What each server said last, those that are dead included. */
  get samples(): readonly Sample[] {
    return [...this.#lives.values()].flat();
  }

  /**
   * Asks the server at that address; where it does not answer, what it said before stands.
   *
   * @param life tells a process from the next of the same name.
   */
  async ask(life: object, address: string | undefined): Promise<void> {
    if (address === undefined) return;
    try {
      const answer = await fetch(`http://${address}/metrics`, { signal: AbortSignal.timeout(ANSWER_MS) });
      this.#lives.set(life, parseSamples(await answer.text()));
    } catch {
      // it is gone, or too busy to be asked
    }
  }
}

/** The counts that a demo tells of. */
export function readCounts(samples: readonly Sample[]): ServerCounts {
  return {
    stale: sumOf(samples, 'port_status_judged_total', { verdict: 'stale' }),
    misplaced: sumOf(samples, 'port_status_judged_total', { verdict: 'misplaced' }),
    takeovers: sumOf(samples, 'port_status_takeovers_total'),
  };
}

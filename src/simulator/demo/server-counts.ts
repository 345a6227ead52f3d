import type { ServerCounts } from './tally.js';

const NOTHING: ServerCounts = { stale: 0, misplaced: 0, takeovers: 0 };

/** How long a server may take to answer. */
const ANSWER_MS = 1000;

/**
 * Adds up what servers count over all their lives. A count dies with its process: so each server is asked right before
 * the demo kills it, and what it counted in the milliseconds between is missing. Only figures to look at come from here;
 * what decides about success does not.
 */
export class CountKeeper {
  readonly #lives = new Map<object, ServerCounts>();

  get total(): ServerCounts {
    return [...this.#lives.values()].reduce(plus, NOTHING);
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
      this.#lives.set(life, readCounts(await answer.text()));
    } catch {
      // it is gone, or too busy to be asked
    }
  }
}

/** The counts in a text of the Prometheus format. */
export function readCounts(text: string): ServerCounts {
  return {
    stale: sumOf(text, /^port_status_judged_total\{.*verdict="stale".*\} (\d+)$/gm),
    misplaced: sumOf(text, /^port_status_judged_total\{.*verdict="misplaced".*\} (\d+)$/gm),
    takeovers: sumOf(text, /^port_status_takeovers_total (\d+)$/gm),
  };
}

function sumOf(text: string, line: RegExp): number {
  return [...text.matchAll(line)].reduce((sum, [, value]) => sum + Number(value), 0);
}

function plus(a: ServerCounts, b: ServerCounts): ServerCounts {
  return {
    stale: a.stale + b.stale,
    misplaced: a.misplaced + b.misplaced,
    takeovers: a.takeovers + b.takeovers,
  };
}

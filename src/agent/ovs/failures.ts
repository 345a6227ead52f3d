/**
 * Remembers since when interfaces could not be opened, and which of them could not for too long.
 *
 * Counts from when the agent saw it first, by the monotonic clock; a lost connection does not begin the count anew, a
 * restarted agent does.
 */
export class Failures {
  readonly #failAfterMs: number;
  readonly #nowMs: () => number;
  /** Interface rows that fail, the earliest first, with the moment that they were first seen so. */
  readonly #sinceMs = new Map<string, number>();
  readonly #lasting = new Set<string>();

  /** @param failAfterMs how long a failure is borne, in milliseconds; absent: for ever. */
  constructor(failAfterMs: number | undefined, nowMs: () => number) {
    this.#failAfterMs = failAfterMs ?? Infinity;
    this.#nowMs = nowMs;
  }

  /** In how many milliseconds the next failure has lasted too long; absent where none is on its way. */
  get dueInMs(): number | undefined {
    const [earliestMs] = this.#sinceMs.values();
    if (earliestMs === undefined || this.#failAfterMs === Infinity) return undefined;
    return Math.max(0, earliestMs + this.#failAfterMs - this.#nowMs());
  }

  /** Notes whether a row fails now. Returns whether it has for too long. */
  note(row: string, isFailing: boolean): boolean {
    if (!isFailing) this.forget(row);
    else if (!this.#lasting.has(row) && !this.#sinceMs.has(row)) this.#sinceMs.set(row, this.#nowMs());
    return this.#lasting.has(row);
  }

  forget(row: string): void {
    this.#sinceMs.delete(row);
    this.#lasting.delete(row);
  }

  /** Forgets all rows but those that are there. */
  retain(there: ReadonlyMap<string, unknown>): void {
    for (const row of [...this.#sinceMs.keys(), ...this.#lasting]) if (!there.has(row)) this.forget(row);
  }

  /** The rows that have failed for too long since the last call. */
  takeDue(): readonly string[] {
    const latestMs = this.#nowMs() - this.#failAfterMs;
    const due = [...this.#sinceMs].filter(([, sinceMs]) => sinceMs <= latestMs).map(([row]) => row);
    for (const row of due) {
      this.#sinceMs.delete(row);
      this.#lasting.add(row);
    }
    return due;
  }
}

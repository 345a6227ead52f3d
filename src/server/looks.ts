import { LOOK_STEPS_MS } from '../domain/look.js';
import type { ReportKey } from '../domain/report.js';
import type { Clock } from '../runtime/clock.js';
import { Doorbell } from '../runtime/doorbell.js';
import { Scope } from '../runtime/scope.js';

/** Reports to look at again. `step` is how many looks they have had. */
export interface Group {
  readonly step: number;
  readonly keys: readonly ReportKey[];
  /** The context of the batch that judged them first, where that is traced. */
  readonly trace?: string | undefined;
}

type Scheduled = Group & { readonly atMs: number };

/** What is held in memory at most; what is above it waits for the ledger's own `look_at`. */
const MOST_KEYS = 20_000;

/**
 * When to look again at reports that wait, a few steps after their commit (domain/look.ts). Hints in memory: what is
 * lost here in a crash, the ledger's `look_at` remembers.
 */
export class Looks {
  #groups: Scheduled[] = [];
  #keys = 0;
  readonly #bell = new Doorbell();

  /** Has keys looked at one `step` after `nowMs`. */
  schedule(
    keys: readonly ReportKey[],
    nowMs: number,
    { step = 0, trace }: Partial<Pick<Group, 'step' | 'trace'>> = {},
  ): void {
    const afterMs = LOOK_STEPS_MS[step];
    if (afterMs === undefined || keys.length === 0 || this.#keys + keys.length > MOST_KEYS) return;
    this.#groups.push({ atMs: nowMs + afterMs, step, keys, trace });
    this.#keys += keys.length;
    this.#bell.ring();
  }

  /** Waits until something is due, and takes all that is: what gathers during one look goes into the next. */
  async next(clock: Clock, signal: AbortSignal): Promise<readonly Group[]> {
    for (;;) {
      const nowMs = clock.monotonicMs();
      const firstMs = this.#groups.reduce((least, { atMs }) => Math.min(least, atMs), Infinity);
      if (firstMs <= nowMs) return this.#take(nowMs);
      if (firstMs === Infinity) await this.#bell.wait({ signal });
      else await this.#untilDue(firstMs - nowMs, clock, signal);
    }
  }

  /** Sleeps until the earliest group is due, or until an earlier one may have come. */
  async #untilDue(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
    using either = new Scope(signal);
    await Promise.race([clock.sleep(ms, either), this.#bell.wait(either)]);
  }

  #take(nowMs: number): readonly Group[] {
    const due = this.#groups.filter(({ atMs }) => atMs <= nowMs);
    this.#groups = this.#groups.filter(({ atMs }) => atMs > nowMs);
    for (const { keys } of due) this.#keys -= keys.length;
    return due;
  }
}

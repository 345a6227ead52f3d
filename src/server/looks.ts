import { LOOK_STEPS_MS } from '../domain/look.js';
import type { ReportKey } from '../domain/report.js';
import type { Clock } from '../runtime/clock.js';
import { Doorbell } from '../runtime/doorbell.js';
import { Scope } from '../runtime/scope.js';

interface Group {
  readonly atMs: number;
  readonly step: number;
  readonly keys: readonly ReportKey[];
}

/** What is held in memory at most; what is above it waits for the ledger's own `look_at`. */
const MOST_KEYS = 20_000;

/**
 * When to look again at reports that wait, a few steps after their commit (domain/look.ts). Hints in memory: what is
 * lost here in a crash, the ledger's `look_at` remembers.
 */
export class Looks {
  #groups: Group[] = [];
  #keys = 0;
  readonly #bell = new Doorbell();

  /** Has keys looked at one `step` after `nowMs`. */
  schedule(keys: readonly ReportKey[], nowMs: number, step = 0): void {
    const afterMs = LOOK_STEPS_MS[step];
    if (afterMs === undefined || keys.length === 0 || this.#keys + keys.length > MOST_KEYS) return;
    this.#groups.push({ atMs: nowMs + afterMs, step, keys });
    this.#keys += keys.length;
    this.#bell.ring();
  }

  /** Waits for the next keys to look at; `step` is the one that has come. */
  async next(
    clock: Clock,
    signal: AbortSignal,
  ): Promise<{ readonly keys: readonly ReportKey[]; readonly step: number }> {
    for (;;) {
      const first = this.#groups.reduce<Group | undefined>(earlier, undefined);
      if (first === undefined) await this.#bell.wait({ signal });
      else if (first.atMs > clock.monotonicMs())
        await this.#untilDue(first.atMs - clock.monotonicMs(), clock, signal);
      else return this.#take(first);
    }
  }

  /** Sleeps until the earliest group is due, or until an earlier one may have come. */
  async #untilDue(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
    using either = new Scope(signal);
    await Promise.race([clock.sleep(ms, either), this.#bell.wait(either)]);
  }

  #take(group: Group): { readonly keys: readonly ReportKey[]; readonly step: number } {
    this.#groups = this.#groups.filter((other) => other !== group);
    this.#keys -= group.keys.length;
    return group;
  }
}

function earlier(first: Group | undefined, other: Group): Group {
  return first === undefined || other.atMs < first.atMs ? other : first;
}

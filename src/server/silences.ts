import type { ObservedChassis } from '../domain/chassis-silence.js';
import type { ChassisView } from '../northbound/northbound.js';

/** When one look began and ended, by the monotonic clock. */
export interface LookTime {
  readonly askedAtMs: number;
  readonly answeredAtMs: number;
}

interface Silence {
  readonly beat: string;
  /** When the beat was first seen. */
  readonly sinceMs: number;
  /** Until when it counts although nothing of it is up any more; absent where something may be. */
  readonly countsUntilMs?: number;
}

/** How long a chassis counts as silent after it was let go. */
const COUNTS_FOR_MS = 3_600_000;

/**
 * Since when each chassis has been silent, as this server has seen it by its own clock: one entry per chassis.
 *
 * A server that starts, or has not looked for a while, begins anew: what it did not see is no silence.
 */
export class Silences {
  readonly #mostGapMs: number;
  #seen: ReadonlyMap<string, Silence> = new Map();
  #lookedAtMs = -Infinity;

  /** @param mostGapMs the longest time between two looks over which a silence counts on. */
  constructor(mostGapMs: number) {
    this.#mostGapMs = mostGapMs;
  }

  /** Takes in what the chassis have said. */
  look(views: readonly ChassisView[], { askedAtMs, answeredAtMs }: LookTime): void {
    const before = askedAtMs - this.#lookedAtMs > this.#mostGapMs ? new Map<string, Silence>() : this.#seen;
    this.#lookedAtMs = answeredAtMs;
    this.#seen = new Map(
      views.map(({ chassis, beat }) => {
        const known = before.get(chassis);
        return [chassis, known?.beat === beat ? known : { beat, sinceMs: answeredAtMs }];
      }),
    );
  }

  /** How long the chassis of the last look had been silent when it was asked for. */
  observe(views: readonly ChassisView[], { askedAtMs }: LookTime): readonly ObservedChassis[] {
    return views.map(({ chassis, beat, approved }) => {
      const { sinceMs = askedAtMs, countsUntilMs } = this.#seen.get(chassis) ?? {};
      const standing = standingAt(askedAtMs, countsUntilMs);
      return { chassis, silentMs: Math.max(0, askedAtMs - sinceMs), isApproved: approved === beat, standing };
    });
  }

  /** Notes that the ports of a chassis have just been reported DOWN. */
  noteLetGo(chassis: string, nowMs: number): void {
    this.#spend(chassis, nowMs + COUNTS_FOR_MS);
  }

  /** Notes that a silent chassis has no port that is up. */
  noteSpent(chassis: string): void {
    this.#spend(chassis, -Infinity);
  }

  #spend(chassis: string, countsUntilMs: number): void {
    const known = this.#seen.get(chassis);
    if (known !== undefined) this.#seen = new Map(this.#seen).set(chassis, { ...known, countsUntilMs });
  }
}

function standingAt(nowMs: number, countsUntilMs: number | undefined): ObservedChassis['standing'] {
  if (countsUntilMs === undefined) return 'at stake';
  return nowMs < countsUntilMs ? 'let go' : 'spent';
}

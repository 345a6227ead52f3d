import type { Clock } from '../../runtime/clock.js';

/** Nova's `vif_plugging_timeout`: how long a boot waits for its port. */
const VIF_PLUGGING_TIMEOUT_MS = 300_000;

export interface BootRequest {
  readonly serverId: string;
  readonly portId: string;
  /** Default 300,000 ms, Nova's `vif_plugging_timeout`. */
  readonly deadlineMs?: number | undefined;
}

/**
 * How a boot ended.
 *
 * - `booted`: network-vif-plugged came in time.
 * - `failed`: it came with the status failed.
 * - `timed-out`: it did not come before the deadline.
 * - `abandoned`: the cloud was closed, or the server removed.
 */
export type BootOutcome = 'booted' | 'failed' | 'timed-out' | 'abandoned';

/** A paused guest whose boot waits for its port. */
export class Boot {
  readonly serverId: string;
  readonly portId: string;
  /** Resolves when the boot has ended; never rejects. */
  readonly done: Promise<BootOutcome>;
  readonly #clock: Clock;
  readonly #startedAtMs: number;
  readonly #ended = new AbortController();
  #outcome: BootOutcome | undefined;
  #waitedMs: number | undefined;

  constructor(clock: Clock, { serverId, portId, deadlineMs = VIF_PLUGGING_TIMEOUT_MS }: BootRequest) {
    this.serverId = serverId;
    this.portId = portId;
    this.#clock = clock;
    this.#startedAtMs = clock.monotonicMs();
    this.done = clock.sleep(deadlineMs, { signal: this.#ended.signal }).then(
      () => this.#note('timed-out'),
      () => this.#outcome ?? 'abandoned',
    );
  }

  get state(): 'waiting' | BootOutcome {
    return this.#outcome ?? 'waiting';
  }

  /** How long the guest was paused, or is so far, in milliseconds. */
  get waitedMs(): number {
    return this.#waitedMs ?? this.#clock.monotonicMs() - this.#startedAtMs;
  }

  /** Ends the boot, unless it has ended. */
  end(outcome: BootOutcome): void {
    this.#note(outcome);
    this.#ended.abort(new Error('the boot has ended'));
  }

  #note(outcome: BootOutcome): BootOutcome {
    this.#waitedMs ??= this.waitedMs;
    this.#outcome ??= outcome;
    return this.#outcome;
  }
}

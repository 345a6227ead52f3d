import type { Clock } from '../../runtime/clock.js';
import type { FakeNeutron } from '../cloud/neutron.js';
import type { StatusChange } from '../cloud/status-history.js';

/** How often Neutron's file is looked at, in milliseconds. What is measured does not depend on it. */
const LOOK_EVERY_MS = 20;

interface Waiter {
  readonly status: string;
  /** Only changes after that number count. */
  readonly after: number;
  settle(change: StatusChange): void;
}

/** Follows the statuses of ports in Neutron, and lets scenes wait for them. */
export class StatusWatch {
  readonly #neutron: FakeNeutron;
  readonly #clock: Clock;
  readonly #hear: (change: StatusChange) => void;
  readonly #newest = new Map<string, StatusChange>();
  readonly #waiters = new Map<string, Waiter>();
  #seen = 0;

  /** @param hear is called once for each change, in their order. */
  constructor(neutron: FakeNeutron, clock: Clock, hear: (change: StatusChange) => void) {
    this.#neutron = neutron;
    this.#clock = clock;
    this.#hear = hear;
  }

  /** Looks until the signal says stop. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      this.look();
      await this.#clock.sleep(LOOK_EVERY_MS, { signal });
    }
  }

  /** Takes in what was written since the last look. */
  look(): void {
    for (const change of this.#neutron.historyAfter(this.#seen)) {
      this.#seen = change.no;
      this.#newest.set(change.portId, change);
      this.#hear(change);
      this.#settle(change);
    }
  }

  /** The newest change of a port's status. */
  newest(portId: string): StatusChange | undefined {
    return this.#newest.get(portId);
  }

  /** Resolves with the change that gave the port that status, or undefined after `ms`; one waiter for each port. */
  async until(
    portId: string,
    want: Pick<Waiter, 'status' | 'after'>,
    ms: number,
    signal: AbortSignal,
  ): Promise<StatusChange | undefined> {
    const newest = this.newest(portId);
    if (newest !== undefined && newest.no > want.after && newest.to === want.status) return newest;
    const found = new AbortController();
    let written: StatusChange | undefined;
    const settle = (change: StatusChange): void => {
      written = change;
      found.abort(new Error('found'));
    };
    this.#waiters.set(portId, { ...want, settle });
    await this.#clock.sleep(ms, { signal: AbortSignal.any([signal, found.signal]) }).catch(() => undefined);
    this.#waiters.delete(portId);
    signal.throwIfAborted();
    return written;
  }

  #settle(change: StatusChange): void {
    const waiter = this.#waiters.get(change.portId);
    if (waiter !== undefined && change.no > waiter.after && change.to === waiter.status)
      waiter.settle(change);
  }
}

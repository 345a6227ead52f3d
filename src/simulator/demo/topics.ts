import { hasCode } from '../../domain/errors.js';
import type { ListenerView, Northbound } from '../../northbound/northbound.js';
import type { Clock } from '../../runtime/clock.js';
import type { ServerState } from './view.js';

/** How often the northbound database is looked at, in milliseconds. */
const LOOK_EVERY_MS = 500;

/** The servers' registrations and what waits in their topics, as the northbound database has them. */
export class Topics {
  readonly #northbound: Northbound;
  readonly #clock: Clock;
  #listeners: readonly ListenerView[] = [];

  constructor(northbound: Northbound, clock: Clock) {
    this.#northbound = northbound;
    this.#clock = clock;
  }

  /** Names of the servers that are live. */
  get live(): readonly string[] {
    return this.#listeners.filter(({ state }) => state === 'live').map(({ id }) => id);
  }

  /** Reports that wait in all topics. */
  get waiting(): number {
    return this.#listeners.reduce((sum, { backlog }) => sum + backlog, 0);
  }

  backlogOf(server: string): number | undefined {
    return this.#find(server)?.backlog;
  }

  stateOf(server: string, { isRunning }: { readonly isRunning: boolean }): ServerState {
    return stateOf(this.#find(server), isRunning);
  }

  /** Looks until the signal says stop. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#look(signal);
      await this.#clock.sleep(LOOK_EVERY_MS, { signal });
    }
  }

  /** Resolves when nothing waits in any topic, or after `mostMs`. */
  async untilEmpty(mostMs: number, signal: AbortSignal): Promise<void> {
    const endMs = this.#clock.monotonicMs() + mostMs;
    for (;;) {
      await this.#look(signal);
      if (this.waiting === 0 || this.#clock.monotonicMs() > endMs) return;
      await this.#clock.sleep(LOOK_EVERY_MS, { signal });
    }
  }

  async #look(signal: AbortSignal): Promise<void> {
    try {
      this.#listeners = await this.#northbound.listeners({ signal });
    } catch (error) {
      if (!hasCode(error, 'UNAVAILABLE')) throw error; // what was seen before stands
    }
  }

  #find(server: string): ListenerView | undefined {
    return this.#listeners.find(({ id }) => id === server);
  }
}

/** @param listener the server's registration, where it has one. */
export function stateOf(listener: Pick<ListenerView, 'state'> | undefined, isRunning: boolean): ServerState {
  if (!isRunning) return listener === undefined ? 'taken over' : 'dead';
  if (listener === undefined) return 'starting';
  return listener.state === 'live' ? 'live' : 'late';
}

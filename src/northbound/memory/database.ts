import type { Clock } from '../../runtime/clock.js';
import type { Random } from '../../runtime/random.js';
import { Bells } from '../bells.js';
import { createState } from './state.js';
import type { MemoryState } from './state.js';

export interface MemoryDatabaseOptions {
  /** The database's own clock: its monotonic time judges who is live. */
  readonly clock: Clock;
  /** Draws listeners, tokens and incarnations. */
  readonly random: Random;
}

/**
 * Northbound data in memory: what the connections (MemoryNorthbound) of several simulated processes share.
 *
 * Has the faults of a real database: it can lose everything, or go back to its last checkpoint. Both make a new
 * incarnation and restart every listener's ttl.
 */
export class MemoryDatabase {
  readonly clock: Clock;
  readonly random: Random;
  /** Whoever waits for a topic. */
  readonly bells = new Bells();
  #state: MemoryState;
  #checkpoint: MemoryState | undefined;

  constructor({ clock, random }: MemoryDatabaseOptions) {
    this.clock = clock;
    this.random = random;
    this.#state = createState(random.id());
  }

  get state(): MemoryState {
    return this.#state;
  }

  now(): number {
    return this.clock.monotonicMs();
  }

  /** Stores the data as it is now, for `rollBack`. Costs as much as there is. */
  checkpoint(): void {
    this.#checkpoint = structuredClone(this.#state);
  }

  /** Goes back to the last checkpoint, or to nothing where there was none. */
  rollBack(): void {
    const old = structuredClone(this.#checkpoint) ?? createState('');
    for (const listener of old.listeners.values()) listener.timestamp = this.now();
    this.#replaceState({ ...old, incarnation: this.random.id() });
  }

  loseEverything(): void {
    this.#replaceState(createState(this.random.id()));
  }

  #replaceState(state: MemoryState): void {
    this.#state = state;
    this.bells.ringAll();
  }
}

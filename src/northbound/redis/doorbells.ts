import { Bells } from '../bells.js';
import { NOBODY } from './layout.js';
import type { Keys } from './layout.js';

/** Rings for everybody: a new incarnation. */
const EVERYBODY = '+all';

/**
 * Wakes those who wait in this process: what Redis publishes on the channels of the places that they are interested in.
 *
 * A ring that is lost costs until the next heartbeat, which rings too where something waits.
 */
export class Doorbells {
  /** Those who wait in this process, by place. */
  readonly here = new Bells();
  readonly #keys: Keys;
  readonly #channels = new Map<string, string>();

  constructor(keys: Keys) {
    this.#keys = keys;
  }

  /** What a connection has to be subscribed to. */
  get channels(): readonly string[] {
    return [...this.#channels.keys()];
  }

  /** Adds the place to them, and what everybody hears. */
  watch(place: string): void {
    for (const one of [place, NOBODY, EVERYBODY]) this.#channels.set(this.#keys.ring(one), one);
  }

  /** To be called with each ring that is heard. */
  readonly hear = (channel: string): void => {
    const place = this.#channels.get(channel);
    if (place === EVERYBODY) this.here.ringAll();
    else if (place !== undefined) this.here.ring(place);
  };
}

import { Bells } from '../bells.js';
import type { Doorbell } from '../../runtime/doorbell.js';
import type { Membership } from '../northbound.js';
import { Inbox } from './inbox.js';
import { encodeName, NOBODY } from './layout.js';
import type { Keys } from './layout.js';

/** Rings for everybody: a new incarnation. */
const EVERYBODY = '+all';

/**
 * Wakes those who wait in this process: what Redis publishes on the channels of the places that they are interested in.
 *
 * A ring that is lost costs until the next heartbeat, which rings too where something waits.
 */
export class Doorbells {
  readonly #bells = new Bells();
  readonly #keys: Keys;
  readonly #channels = new Map<string, string>();
  /** Of the newest registration of each place in this process. */
  readonly #inboxes = new Map<string, { readonly generation: string; readonly inbox: Inbox }>();

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

  /** What was heard of a registration's topic. */
  inboxOf({ id, generation }: Pick<Membership, 'id' | 'generation'>): Inbox {
    const place = encodeName(id);
    const known = this.#inboxes.get(place);
    if (known?.generation === generation) return known.inbox;
    const inbox = new Inbox();
    this.#inboxes.set(place, { generation, inbox });
    return inbox;
  }

  /** Lets `bell` ring whenever there may be something new for that place. Returns how to end it. */
  listen(place: string, bell: Doorbell): () => void {
    return this.#bells.listen(place, bell);
  }

  /** To be called with each ring that is heard, and what it says. */
  readonly hear = (channel: string, news: string): void => {
    const place = this.#channels.get(channel);
    if (place === EVERYBODY) this.ringAll();
    else if (place !== undefined) this.ring(place, news);
  };

  /** @param news the pointers to what waits there, where they are known. */
  ring(place: string, news = ''): void {
    this.#inboxes.get(place)?.inbox.rung(news);
    this.#bells.ring(place);
  }

  /** Whatever was heard may have changed. */
  ringAll(): void {
    for (const { inbox } of this.#inboxes.values()) inbox.forget();
    this.#bells.ringAll();
  }
}

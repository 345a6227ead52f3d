import type { ReportKey } from '../domain/report.js';
import { keyOf } from '../domain/report.js';
import { Doorbell } from '../runtime/doorbell.js';

/**
 * Queues side by side, one for each worker. A port is always in the same one, so that no two workers have it at once; what
 * comes of a (port, chassis) while an older word of it waits takes its place.
 */
export class Lanes<Item extends ReportKey> {
  readonly #lanes: readonly Lane<Item>[];
  readonly #room: number;
  readonly #taken = new Doorbell();

  /** @param room how many items may wait, in all lanes together. */
  constructor(count: number, room: number) {
    this.#lanes = Array.from({ length: count }, () => ({ items: new Map(), bell: new Doorbell() }));
    this.#room = room;
  }

  /** Waits until fewer items wait than may. */
  async untilRoom(signal: AbortSignal): Promise<void> {
    while (this.#waiting() >= this.#room) await this.#taken.wait({ signal });
  }

  put(item: Item): void {
    const lane = this.#lanes[placeOf(item.portId) % this.#lanes.length];
    lane?.items.set(keyOf(item), item);
    lane?.bell.ring();
  }

  /** Waits for items of that lane, and takes up to `most` of them, those that wait longest first. */
  async take(number: number, most: number, signal: AbortSignal): Promise<readonly Item[]> {
    const lane = this.#lanes[number];
    if (lane === undefined) throw new RangeError(`no lane ${number}`);
    while (lane.items.size === 0) await lane.bell.wait({ signal });
    const taken = [...lane.items.entries()].slice(0, most);
    for (const [key] of taken) lane.items.delete(key);
    this.#taken.ring();
    return taken.map(([, item]) => item);
  }

  #waiting(): number {
    return this.#lanes.reduce((sum, { items }) => sum + items.size, 0);
  }
}

interface Lane<Item> {
  readonly items: Map<string, Item>;
  readonly bell: Doorbell;
}

/** The last digits of an id are chance also where a cloud gives the first ones a meaning. */
function placeOf(portId: string): number {
  let place = 0;
  for (const letter of portId.slice(-4)) place = place * 31 + (letter.codePointAt(0) ?? 0);
  return place;
}

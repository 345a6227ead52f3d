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

  /** @param room how many items may be put before any is taken, also such as take the place of others. */
  constructor(count: number, room: number) {
    this.#lanes = Array.from({ length: count }, () => ({ items: new Map(), put: 0, bell: new Doorbell() }));
    this.#room = room;
  }

  /** How many items wait. */
  get waiting(): number {
    return this.#lanes.reduce((sum, { items }) => sum + items.size, 0);
  }

  /** Waits until more may be put. */
  async untilRoom(signal: AbortSignal): Promise<void> {
    while (this.#put() >= this.#room) await this.#taken.wait({ signal });
  }

  put(item: Item): void {
    const lane = this.#laneOfPort(item);
    lane.items.set(keyOf(item), item);
    lane.put += 1;
    lane.bell.ring();
  }

  /** Puts an item that was taken before, unless a newer word of that (port, chassis) waits. */
  putUnlessNewer(item: Item): void {
    if (!this.#laneOfPort(item).items.has(keyOf(item))) this.put(item);
  }

  /** Waits for items of that lane, and takes up to `most` of them, those that wait longest first. */
  async take(number: number, most: number, signal: AbortSignal): Promise<readonly Item[]> {
    const lane = this.#laneOf(number);
    while (lane.items.size === 0) await lane.bell.wait({ signal });
    const taken = [...lane.items.entries()].slice(0, most);
    for (const [key] of taken) lane.items.delete(key);
    lane.put = lane.items.size;
    this.#taken.ring();
    return taken.map(([, item]) => item);
  }

  #laneOfPort({ portId }: ReportKey): Lane<Item> {
    return this.#laneOf(placeOf(portId) % this.#lanes.length);
  }

  #laneOf(number: number): Lane<Item> {
    const lane = this.#lanes[number];
    if (lane === undefined) throw new RangeError(`no lane ${number}`);
    return lane;
  }

  #put(): number {
    return this.#lanes.reduce((sum, { put }) => sum + put, 0);
  }
}

interface Lane<Item> {
  readonly items: Map<string, Item>;
  /** How many were put since some were taken, and what these left. */
  put: number;
  readonly bell: Doorbell;
}

/** The last digits of an id are chance also where a cloud gives the first ones a meaning. */
function placeOf(portId: string): number {
  let place = 0;
  for (const letter of portId.slice(-4)) place = place * 31 + (letter.codePointAt(0) ?? 0);
  return place;
}

import type { ReportKey } from '../domain/report.js';
import { keyOf } from '../domain/report.js';
import { Doorbell } from '../runtime/doorbell.js';

/**
 * Queues side by side for as many workers. A port is always in the same lane, and a lane in no two hands, so that no two
 * workers have a port at once; what comes of a (port, chassis) while an older word of it waits takes its place.
 *
 * While little waits one worker takes it all: one large batch costs less than a small one for each.
 */
export class Lanes<Item extends ReportKey> {
  readonly #lanes: readonly Lane<Item>[];
  readonly #room: number;
  readonly #taken = new Doorbell();
  readonly #news = new Doorbell();

  /** @param room how many items may be put before any is taken, also such as take the place of others. */
  constructor(count: number, room: number) {
    this.#lanes = Array.from({ length: count }, () => ({ items: new Map(), put: 0, isTaken: false }));
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
    this.#news.ring();
  }

  /** Puts an item that was taken before, unless a newer word of that (port, chassis) waits. */
  putUnlessNewer(item: Item): void {
    if (!this.#laneOfPort(item).items.has(keyOf(item))) this.put(item);
  }

  /**
   * Waits for items of lanes that nobody has, and takes up to `most` of them: the longest lane, and others that fit in
   * whole. Of a lane those that wait longest come first.
   */
  async take(most: number, signal: AbortSignal): Promise<Batch<Item>> {
    for (;;) {
      const lanes = this.#choose(most);
      if (lanes.length > 0) return this.#takeFrom(lanes, most);
      await this.#news.wait({ signal });
    }
  }

  #choose(most: number): readonly Lane<Item>[] {
    const free = this.#lanes.filter(({ isTaken, items }) => !isTaken && items.size > 0);
    let left = most;
    return free
      .sort((a, b) => b.items.size - a.items.size)
      .filter(({ items }, index) => {
        const fits = index === 0 || items.size <= left;
        if (fits) left -= items.size;
        return fits;
      });
  }

  #takeFrom(lanes: readonly Lane<Item>[], most: number): Batch<Item> {
    const taken: Item[] = [];
    for (const lane of lanes) {
      lane.isTaken = true;
      for (const [key, item] of lane.items) {
        if (taken.length === most) break;
        taken.push(item);
        lane.items.delete(key);
      }
      lane.put = lane.items.size;
    }
    this.#taken.ring();
    return {
      items: taken,
      [Symbol.dispose]: () => {
        for (const lane of lanes) lane.isTaken = false;
        this.#news.ring();
      },
    };
  }

  #laneOfPort({ portId }: ReportKey): Lane<Item> {
    const lane = this.#lanes[placeOf(portId) % this.#lanes.length];
    if (lane === undefined) throw new RangeError('no lanes');
    return lane;
  }

  #put(): number {
    return this.#lanes.reduce((sum, { put }) => sum + put, 0);
  }
}

/** Items in a worker's hands. Their lanes are free again when it is disposed of. */
export interface Batch<Item> extends Disposable {
  readonly items: readonly Item[];
}

interface Lane<Item> {
  readonly items: Map<string, Item>;
  /** How many were put since some were taken, and what these left. */
  put: number;
  isTaken: boolean;
}

/** The last digits of an id are chance also where a cloud gives the first ones a meaning. */
function placeOf(portId: string): number {
  let place = 0;
  for (const letter of portId.slice(-4)) place = place * 31 + (letter.codePointAt(0) ?? 0);
  return place;
}

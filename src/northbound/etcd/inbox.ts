import type { KeyValue } from './operations.js';
import type { Found } from './records.js';

/** How many of the records that were given are remembered, to be acknowledged without reading them again. */
const MOST_RECORDS = 10_000;

/**
 * How many pointers are kept in memory, some 200 bytes each; what is in the topic beyond that is listed when they have been
 * given. Each listing has etcd sort the whole topic.
 */
const MOST = 20_000;

export interface Taken {
  readonly pointer: string;
  /** The revision in which the record was written that was given before; 0 where none was. */
  readonly before: number;
}

/**
 * What one membership knows of its topic: pointers that wait to be given, in their order, and those that were given.
 *
 * Each is kept with the revision of its last write. What is told of a pointer may come twice or late, from a listing and
 * from the watch: only what is newer than what is known counts.
 */
export class Inbox {
  #waiting = new Map<string, number>();
  readonly #given = new Map<string, number>();
  readonly #records = new Map<string, Found>();
  /** Whether all that is in the topic is known here. */
  #isComplete = false;
  /** The registration of the membership, as it was read when something was given last. */
  holder: KeyValue | undefined;

  get isComplete(): boolean {
    return this.#isComplete;
  }

  get hasWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** The pointer that waits longest, as far as is known; absent where none is. */
  get oldest(): string | undefined {
    const [given] = this.#given.keys();
    const [waiting] = this.#waiting.keys();
    return given ?? waiting;
  }

  /** How many pointers a listing has to ask for, so that it brings what is not given yet. */
  get listingSize(): number {
    return MOST + this.#given.size;
  }

  /** From now on the watch is listened to; then the topic is listed, and `list` told. */
  beginListing(): void {
    this.#isComplete = true;
  }

  /** A listing, the oldest first. Everything that is told meanwhile by the watch comes after it. */
  list(pointers: readonly KeyValue[]): void {
    const isWhole = pointers.length < this.listingSize;
    const later = this.#waiting;
    const last = pointers.at(-1)?.created ?? 0;
    const news = pointers
      .filter(({ key, modified }) => modified > (this.#given.get(key) ?? 0))
      .map((pointer) => ({ ...pointer, position: this.#positionOf(pointer) }))
      .filter(({ position }) => isWhole || position <= last)
      .sort((one, other) => one.position - other.position || (one.key < other.key ? -1 : 1));
    this.#waiting = new Map([...news.map(({ key, modified }) => [key, modified] as const), ...later]);
    if (!isWhole) this.#isComplete = false;
  }

  /** A pointer was written. What waits keeps its position, what was given waits again at the end. */
  noteWrite(key: string, modified: number): void {
    if (modified <= (this.#given.get(key) ?? 0)) return;
    if (this.#waiting.has(key) || (this.#isComplete && this.#waiting.size < MOST))
      this.#waiting.set(key, modified);
    else this.#isComplete = false;
  }

  noteRemoval(key: string, modified: number): void {
    if (modified > (this.#waiting.get(key) ?? modified)) this.#waiting.delete(key);
    if (modified > (this.#given.get(key) ?? modified)) this.#given.delete(key);
  }

  /** The next to be given; counts as given from here on. */
  take(max: number): readonly Taken[] {
    const taken: Taken[] = [];
    for (const [pointer, modified] of this.#waiting) {
      if (taken.length === max) break;
      taken.push({ pointer, before: this.#given.get(pointer) ?? 0 });
      this.#waiting.delete(pointer);
      this.#given.set(pointer, modified);
    }
    return taken;
  }

  /** The record was given as it was written in that revision, which may be a later one than was taken. */
  noteGiven(pointer: string, found: Found): void {
    this.#given.set(pointer, found.stored?.modified ?? 0);
    this.#records.set(pointer, found);
    const [eldest] = this.#records.keys();
    if (this.#records.size > MOST_RECORDS && eldest !== undefined) this.#records.delete(eldest);
  }

  /** The record as it was given, where that is still remembered. */
  recall(pointer: string): Found | undefined {
    return this.#records.get(pointer);
  }

  /** The pointer is gone: acknowledged, or never one of ours. */
  forget(pointer: string): void {
    this.#given.delete(pointer);
    this.#records.delete(pointer);
  }

  /** What was taken was not given: the topic has to be listed again. */
  putBack(taken: readonly Taken[]): void {
    for (const { pointer } of taken) this.#given.delete(pointer);
    this.relist();
  }

  /** Not all that is in the topic is known any more. */
  relist(): void {
    this.#waiting.clear();
    this.#isComplete = false;
  }

  /** Everything is to be given again: an answer may have been lost. */
  forgetAll(): void {
    this.relist();
    this.#given.clear();
    this.#records.clear();
  }

  #positionOf({ key, created, modified }: KeyValue): number {
    return this.#given.has(key) ? modified : created;
  }
}

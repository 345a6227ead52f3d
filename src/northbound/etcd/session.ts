import type { Random } from '../../runtime/random.js';
import { backoffMs } from '../../runtime/retry.js';
import { nothingThere, unavailable } from '../refusals.js';
import type { EtcdDatabase, Outcome } from './database.js';
import { ENGINE } from './faults.js';
import type { Keys } from './layout.js';
import { readMeta, renewIncarnation } from './meta.js';
import type { Meta } from './vigil.js';
import { at, MOST_OPERATIONS, put } from './operations.js';
import type { Condition, KeyValue, Range, RangeAnswer, Write } from './operations.js';

/** What a verb has read. */
export interface Snapshot {
  readonly incarnation: string;
  /** As old as the oldest of it: a listing and a watch from here on miss nothing. */
  readonly revision: number;
  /** In the order of the ranges. */
  readonly answers: readonly RangeAnswer[];
}

/** What has been written. */
export interface Commit {
  readonly revision: number;
  readonly answers: readonly RangeAnswer[];
}

/** An attempt that has to be made anew: what it had read is no longer so. */
export const CONFLICT = Symbol('conflict');

const ATTEMPTS = 30;

const BACKOFF = { firstMs: 2, mostMs: 100 };

/** One verb's view of the database: what it reads and writes, its time and its chance, until its signal says stop. */
export class Session {
  readonly database: EtcdDatabase;
  readonly signal: AbortSignal;
  /** By the last read: every commit compares it, so that nothing is written for an old incarnation. */
  #meta: Meta | undefined;

  constructor(database: EtcdDatabase, signal: AbortSignal) {
    this.database = database;
    this.signal = signal;
    this.#meta = database.vigil.seen?.meta;
  }

  get keys(): Keys {
    return this.database.keys;
  }

  get random(): Random {
    return this.database.options.random;
  }

  /** By the last read of anybody here; undefined before the first. */
  get incarnation(): string | undefined {
    return this.#meta?.incarnation;
  }

  /** Milliseconds since 1970 by this machine's clock: shown and measured, never decided upon. */
  now(): number {
    return this.database.options.clock.now();
  }

  /** Reads ranges, in several transactions where they are many: what is decided upon them is compared by `commit`. */
  async read(...ranges: readonly Range[]): Promise<Snapshot> {
    const [first = [], ...others] = chunksOf(ranges, MOST_OPERATIONS - 1);
    const [head, ...rest] = await Promise.all([
      this.#readWithMeta(first),
      ...others.map((chunk) => this.database.range(chunk, this.signal)),
    ]);
    const revision = Math.min(head.revision, ...rest.map((outcome) => outcome.revision));
    const answers = [...head.answers, ...rest.flatMap((outcome) => outcome.answers)];
    return { incarnation: head.incarnation, revision, answers };
  }

  /** Writes, where all is as it was read; undefined where it is not, or where that is in doubt: read anew. */
  async commit(
    when: readonly Condition[],
    then: readonly Write[],
    read?: readonly Range[],
  ): Promise<Commit | undefined> {
    const meta = this.#meta;
    if (meta === undefined) return undefined;
    const { vigil } = this.database;
    const before = vigil.seen;
    const isSame: Condition = { kind: 'value', key: this.keys.meta, value: meta.text };
    const outcome = await this.database.transact({ when: [isSame, ...when], then, read }, this.signal);
    if (!outcome.succeeded || vigil.doubt(meta, outcome, before) !== undefined) return undefined;
    vigil.note(meta, outcome.revision);
    return outcome;
  }

  /** Lets an attempt be made until it meets no conflict. @throws {PortStatusError} UNAVAILABLE when it always does. */
  async untilCommitted<T>(attempt: () => Promise<T | typeof CONFLICT>): Promise<T> {
    const { clock } = this.database.options;
    for (let count = 1; count <= ATTEMPTS; count++) {
      const result = await attempt();
      if (result !== CONFLICT) return result;
      await clock.sleep(backoffMs(count, BACKOFF, this.random), this);
    }
    throw unavailable(ENGINE, `what is to be written was changed by others ${ATTEMPTS} times`);
  }

  /**
   * Begins a new incarnation, because what this client has published for the chassis is not there; or, where its user may
   * not, asks the servers for it.
   */
  async mournLoss(chassis: string): Promise<void> {
    const { meta, outcome } = await this.#readMeta([]);
    const why = `reports of ${chassis} that were stored are gone`;
    try {
      await renewIncarnation(this.database, meta, outcome.clusterId, why, this.signal);
    } catch (error) {
      await this.commit([], [put(this.keys.doubts + chassis, this.#meta?.incarnation ?? '')]);
      throw error;
    }
  }

  /** Begins a new incarnation where an agent has asked for it. @returns whether one did. */
  async heedDoubts(doubts: RangeAnswer | undefined): Promise<boolean> {
    const doubted = doubts?.kvs.find(({ value }) => value === this.#meta?.incarnation);
    if (doubted === undefined) return false;
    const { meta, outcome } = await this.#readMeta([]);
    await renewIncarnation(this.database, meta, outcome.clusterId, doubted.key, this.signal);
    return true;
  }

  /** Reads until nothing is in doubt; where something is, a new incarnation begins. */
  async #readWithMeta(ranges: readonly Range[]): Promise<Snapshot> {
    return this.untilCommitted(async () => {
      const { vigil, options } = this.database;
      const before = vigil.seen;
      const { meta, outcome } = await this.#readMeta(ranges);
      const record = readMeta(this.database, meta);
      const why = vigil.doubt(record, outcome, before);
      if (options.isReadOnly === true && record === undefined)
        throw nothingThere(ENGINE, `there is no data under ${this.keys.root}`);
      if (record === undefined || (why !== undefined && options.isReadOnly !== true)) {
        await renewIncarnation(this.database, meta, outcome.clusterId, why ?? '', this.signal);
        return CONFLICT;
      }
      this.#meta = record;
      vigil.note(record, outcome.revision);
      return { ...outcome, incarnation: record.incarnation, answers: outcome.answers.slice(1) };
    });
  }

  async #readMeta(
    ranges: readonly Range[],
  ): Promise<{ readonly meta: KeyValue | undefined; readonly outcome: Outcome }> {
    const outcome = await this.database.range([at(this.keys.meta), ...ranges], this.signal);
    return { meta: outcome.answers[0]?.kvs[0], outcome };
  }
}

/** Cuts a list into pieces of at most so many; an empty one into none. */
export function chunksOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}

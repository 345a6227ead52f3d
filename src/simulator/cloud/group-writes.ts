import type { Database } from 'libsql';
import type { Clock } from '../../runtime/clock.js';

/** One piece of writing; everything in it is done in one transaction. */
export type Write<T> = (database: Database) => T;

interface Waiting {
  readonly run: (database: Database) => void;
  readonly settle: () => void;
  readonly fail: (error: unknown) => void;
}

/** How long is waited before a locked file is tried again, in milliseconds. */
const LOCKED_MS = 2;

/**
 * Writes to a SQLite file that other processes write to, without ever standing still: what gathers while the file is
 * locked is written in one transaction.
 *
 * SQLite's own waiting (`busy_timeout`) blocks the thread and sleeps in steps of up to 100 ms.
 */
export class GroupWrites {
  readonly #database: Database;
  readonly #clock: Clock;
  #waiting: Waiting[] = [];
  #isWriting = false;

  /** @param database has a `busy_timeout` of 0. */
  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Resolves with the result when it is committed. @throws what the writing throws; it fails all that ran beside it. */
  run<T>(write: Write<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      let result: T;
      this.#waiting.push({
        run: (database) => (result = write(database)),
        settle: () => resolve(result),
        fail: reject,
      });
      if (!this.#isWriting) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    await this.#clock.turn();
    while (this.#waiting.length > 0) {
      if (!this.#writeGroup()) await this.#clock.sleep(LOCKED_MS);
    }
    this.#isWriting = false;
  }

  /** False: the file is locked. */
  #writeGroup(): boolean {
    const group = this.#waiting;
    try {
      this.#database.exec('begin immediate');
    } catch (error) {
      if (isBusy(error)) return false;
      this.#waiting = [];
      for (const { fail } of group) fail(error);
      return true;
    }
    this.#waiting = [];
    this.#commit(group);
    return true;
  }

  #commit(group: readonly Waiting[]): void {
    try {
      for (const one of group) one.run(this.#database);
      this.#database.exec('commit');
    } catch (error) {
      this.#database.exec('rollback');
      for (const { fail } of group) fail(error);
      return;
    }
    for (const { settle } of group) settle();
  }
}

/** Whether another process holds the lock that a statement needs. */
export function isBusy(error: unknown): boolean {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('SQLITE_BUSY');
}

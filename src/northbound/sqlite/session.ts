import type Database from 'libsql';
import type { Clock } from '../../runtime/clock.js';
import type { Random } from '../../runtime/random.js';

export type Value = string | number | null;

export interface SessionOptions {
  readonly clock: Clock;
  readonly random: Random;
}

/** One open file: its prepared statements, the time and the chance of a verb, and whom to wake after the commit. */
export class Session {
  readonly random: Random;
  readonly #clock: Clock;
  readonly #database: Database.Database;
  readonly #statements = new Map<string, Database.Statement>();
  #rings = new Set<string>();

  constructor(database: Database.Database, { clock, random }: SessionOptions) {
    this.#database = database;
    this.#clock = clock;
    this.random = random;
  }

  /** Whole milliseconds of the host's monotonic clock, which all its processes share and nobody sets. */
  now(): number {
    return Math.floor(this.#clock.monotonicMs());
  }

  /** All rows of a query. The tables are STRICT and ours alone, so a row is what the statement selects. */
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- this is the decoder of all rows
  rows<Row>(sql: string, ...values: readonly Value[]): readonly Row[] {
    return this.#prepare(sql).all([...values]) as readonly Row[];
  }

  /** Carries out a statement. @returns how many rows it changed. */
  run(sql: string, ...values: readonly Value[]): number {
    return this.#prepare(sql).run([...values]).changes;
  }

  /** Runs statements that are not worth preparing. */
  exec(sql: string): void {
    this.#database.exec(sql);
  }

  /** Notes that there may be something new for a listener. */
  ring(listener: string): void {
    this.#rings.add(listener);
  }

  /** Whom to wake, once what was noted is committed. */
  takeRings(): ReadonlySet<string> {
    const rings = this.#rings;
    this.#rings = new Set();
    return rings;
  }

  /**
   * Ends a transaction that is under way, then the session. The library keeps a closed connection, its locks included,
   * until the garbage collector has found the last of its prepared statements.
   */
  close(): void {
    try {
      if (this.#database.inTransaction) this.#database.exec('ROLLBACK');
    } catch {
      // the file is in such a state that it could not be written either
    } finally {
      this.#statements.clear();
      this.#database.close();
    }
  }

  #prepare(sql: string): Database.Statement {
    const statement = this.#statements.get(sql) ?? this.#database.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}

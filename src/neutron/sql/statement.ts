import type { sql } from 'kysely';

/** A piece of a statement. */
export type Sql = ReturnType<typeof sql>;

/** A statement, and what is made of its answer. */
export interface Statement<T> {
  readonly text: Sql;
  /** Whether it answers with a count instead of rows. */
  readonly isWrite: boolean;
  /** @throws whatever ends the transaction: the answer is not one to go on with. */
  readonly read: (answer: Answer) => T;
  /** Where `read` may throw, and what comes behind must not even be asked then: the condition that it does not. */
  readonly goesOnIf?: Sql | undefined;
}

export interface Answer {
  readonly rows: readonly unknown[];
  /** How many rows matched; of a write alone. */
  readonly changed: number;
}

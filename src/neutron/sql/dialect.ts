import type { Kysely, RawBuilder } from 'kysely';
import type { ErrorCode } from '../../domain/errors.js';
import type { Statement } from './statement.js';

/** A connection or transaction. Statements are written with the `sql` tag: Neutron's schema is not ours to type. */
export type Db = Kysely<object>;

/** What a database's own error means for us. `conflict`: somebody was faster, the transaction may be repeated at once. */
export type Failure = 'conflict' | Extract<ErrorCode, 'DATA' | 'RIGHTS' | 'LAYOUT' | 'UNAVAILABLE'>;

/** Where one kind of database differs from the next. */
export interface SqlDialect {
  readonly name: 'mariadb' | 'postgresql' | 'sqlite';
  /** Starts a transaction that will write. */
  readonly begin: string;
  /** Whether a transaction locks the rows that it asks for; else it locks all there is when it begins. */
  readonly locksRows: boolean;
  readonly forUpdate: RawBuilder<unknown>;
  /** Locks the rows of these tables, by their names in the statement; or of all its tables, where it can not name them. */
  forUpdateOf(...tables: readonly string[]): RawBuilder<unknown>;
  forShareOf(...tables: readonly string[]): RawBuilder<unknown>;
  /** Joins a table that is read after what stands before it, where the database would choose. */
  readonly thenJoin: RawBuilder<unknown>;
  readonly skipLocked: RawBuilder<unknown>;
  /**
   * Several statements as one, which ends with the first that fails: its answer is a list of rows for each, and of a write
   * one row with the number of those it `changed`. Shorter where one does not go on;
   * absent where the database, or its driver, takes one at a time.
   */
  readonly several?: (statements: readonly Statement<unknown>[]) => RawBuilder<unknown>;
  /** Milliseconds since 1970 by the database's clock. */
  now(): RawBuilder<number>;
  /** The value of `updated_at`: naive UTC, whole seconds, spelled as Neutron's own client spells it. */
  updatedAt(): RawBuilder<string>;
  /** Milliseconds between a naive UTC column and now. */
  ageMs(column: string): RawBuilder<number>;
  /** Behind the name of a table: by which index its rows are found, also where the database takes the table for small. */
  by(index: 'primary' | 'port_status_reports_settle_at'): RawBuilder<unknown>;
  /** The tail of a condition, `in (…)`: that what stands before it is one of these, of which there is one at least. */
  among(values: readonly (string | number)[]): RawBuilder<unknown>;
  /** What stands behind `insert into … (columns)`: these rows, each with a value for each column. */
  values(
    table: RawBuilder<unknown>,
    columns: readonly string[],
    rows: readonly Values[],
  ): RawBuilder<unknown>;
  /** A list of pairs of numbers to stand in `in (…)`. */
  pairs(pairs: readonly (readonly [number, number])[]): RawBuilder<unknown>;
  /** Deletes the provisioning blocks of these standard attributes, and neither locks nor waits for those of others. */
  deleteBlocks(standardAttrIds: readonly number[], entity: string): RawBuilder<unknown>;
  /** An insert that passes over rows whose key is there already. */
  insertIgnore(table: RawBuilder<unknown>, columns: string, values: RawBuilder<unknown>): RawBuilder<unknown>;
  /** The tail of an insert that overwrites these columns where a row of that primary key is there already. */
  overwrite(columns: readonly string[], key: string): RawBuilder<unknown>;
  /** These texts and numbers as one text; the first is a text. */
  concat(parts: readonly unknown[]): RawBuilder<unknown>;
  /** The ledger's table of that name. */
  ledger(name: LedgerTable): RawBuilder<unknown>;
  /** What an error of the driver means. */
  classify(error: unknown): Failure;
}

/** What one row takes. */
export type Values = readonly (string | number | null)[];

export type LedgerTable = 'schema_version' | 'settings' | 'incarnations' | 'reports' | 'calls' | 'quarantine';

/** An open database with what it takes to speak to it. */
export interface SqlStore {
  readonly db: Db;
  readonly dialect: SqlDialect;
}

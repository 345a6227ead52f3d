import { TABLES, columnsOf, readColumns, readRow } from './rows.js';
import type { LooseRow, Row, TableName } from './rows.js';
import { Unreadable, uuidSet } from './values.js';

/** The watched tables as they stand now: rows by their UUID. */
export type SwitchImage = { readonly [T in TableName]: ReadonlyMap<string, Row<T>> };

/** One row of an update, whatever form the server's protocol gave it. */
export type RowUpdate =
  | { readonly kind: 'insert'; readonly row: unknown }
  /** Columns of at most one value: the new value. Sets and maps: what differs. */
  | { readonly kind: 'modify'; readonly difference: unknown }
  | { readonly kind: 'delete' };

export interface TableRowUpdate {
  readonly table: TableName;
  readonly uuid: string;
  readonly update: RowUpdate;
}

/** A row that an update changed. `refs` are the rows that it began or ceased to refer to. */
export interface RowChange {
  readonly table: TableName;
  readonly uuid: string;
  readonly refs: readonly string[];
}

/** Holds the watched tables and applies the server's updates to them. */
export class TableImage {
  readonly #onUnreadable: () => void;
  /** Rows that do not stand here as the server has them, because they could not be read. */
  readonly #unread = new Set<string>();
  #tables = emptyTables();

  /** @param onUnreadable called for each row that could not be read and was left as it was. */
  constructor(onUnreadable: () => void) {
    this.#onUnreadable = onUnreadable;
  }

  get tables(): SwitchImage {
    return this.#tables as unknown as SwitchImage;
  }

  /** Whether a row is missing, or stands as it was before an update that could not be read. */
  get isPartial(): boolean {
    return this.#unread.size > 0;
  }

  clear(): void {
    this.#unread.clear();
    this.#tables = emptyTables();
  }

  /** Applies a whole update and says which rows it changed. A row that cannot be read is left as it was. */
  apply(updates: readonly TableRowUpdate[]): readonly RowChange[] {
    return updates.flatMap((update) => this.#applyToRow(update) ?? []);
  }

  #applyToRow(change: TableRowUpdate): RowChange | undefined {
    const { table, uuid, update } = change;
    try {
      const refs = changeRow(this.#tables[table], change);
      // After a difference that was not read, the next one has nothing to stand on: only a whole row mends it.
      if (update.kind !== 'modify') this.#unread.delete(uuid);
      return { table, uuid, refs };
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#unread.add(uuid);
      this.#onUnreadable();
      return undefined;
    }
  }
}

type LooseTables = Record<TableName, Map<string, LooseRow>>;

function emptyTables(): LooseTables {
  return Object.fromEntries(Object.keys(TABLES).map((table) => [table, new Map()])) as LooseTables;
}

/** Returns the rows that the changed one began or ceased to refer to. @throws {Unreadable} */
function changeRow(rows: Map<string, LooseRow>, { table, uuid, update }: TableRowUpdate): string[] {
  switch (update.kind) {
    case 'insert':
      return insertRow(rows, table, uuid, update.row);
    case 'modify':
      return modifyRow(rows, table, uuid, update.difference);
    case 'delete':
      return deleteRow(rows, uuid);
  }
}

function insertRow(rows: Map<string, LooseRow>, table: TableName, uuid: string, wire: unknown): string[] {
  const before = rows.get(uuid);
  const row = readRow(table, wire);
  rows.set(uuid, row);
  return [...uuidSet.merge(new Set(refsIn(before)), new Set(refsIn(row)))];
}

function modifyRow(rows: Map<string, LooseRow>, table: TableName, uuid: string, wire: unknown): string[] {
  const row = rows.get(uuid);
  if (row === undefined) throw new Unreadable('a difference to a row that is not known');
  // Read everything before anything is changed: a row is never left half changed.
  const difference = readColumns(table, wire);
  const refs = refsIn(difference);
  for (const [name, value] of Object.entries(difference)) {
    row[name] = columnsOf(table)[name]?.merge(row[name], value);
  }
  return refs;
}

function deleteRow(rows: Map<string, LooseRow>, uuid: string): string[] {
  const before = rows.get(uuid);
  rows.delete(uuid);
  return refsIn(before);
}

/** The references in the columns that are sets. */
function refsIn(columns: LooseRow | undefined): string[] {
  return Object.values(columns ?? {}).flatMap((value) =>
    value instanceof Set ? [...(value as Set<string>)] : [],
  );
}

import { TABLES, columnsOf, readColumns, readRow } from './rows.js';
import type { LooseRow, Row, TableName } from './rows.js';
import { Unreadable } from './values.js';

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
  #tables = emptyTables();

  /** @param onUnreadable called for each row that could not be read and was left as it was. */
  constructor(onUnreadable: () => void) {
    this.#onUnreadable = onUnreadable;
  }

  get tables(): SwitchImage {
    return this.#tables as unknown as SwitchImage;
  }

  clear(): void {
    this.#tables = emptyTables();
  }

  /** Applies a whole update and says which rows it changed. A row that cannot be read is left as it was. */
  apply(updates: readonly TableRowUpdate[]): readonly RowChange[] {
    return updates.flatMap((update) => this.#applyToRow(update) ?? []);
  }

  #applyToRow({ table, uuid, update }: TableRowUpdate): RowChange | undefined {
    const rows = this.#tables[table];
    try {
      switch (update.kind) {
        case 'insert':
          return { table, uuid, refs: insertRow(rows, table, uuid, update.row) };
        case 'modify':
          return { table, uuid, refs: modifyRow(rows, table, uuid, update.difference) };
        case 'delete':
          return { table, uuid, refs: deleteRow(rows, uuid) };
      }
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.#onUnreadable();
      return undefined;
    }
  }
}

type LooseTables = Record<TableName, Map<string, LooseRow>>;

function emptyTables(): LooseTables {
  return Object.fromEntries(Object.keys(TABLES).map((table) => [table, new Map()])) as LooseTables;
}

function insertRow(rows: Map<string, LooseRow>, table: TableName, uuid: string, wire: unknown): string[] {
  const before = rows.get(uuid);
  const row = readRow(table, wire);
  rows.set(uuid, row);
  return [...refsIn(before), ...refsIn(row)];
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

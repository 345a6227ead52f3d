import { Unreadable, optionalInteger, optionalText, text, textMap, uuidSet } from './values.js';
import type { Column } from './values.js';

/**
 * What is watched of database Open_vSwitch, by table and column. Source: ovs-vswitchd.conf.db(5).
 *
 * An Interface is on a bridge through the Port that names it.
 */
export const TABLES = {
  Bridge: { name: text, ports: uuidSet, datapath_id: optionalText },
  Port: { interfaces: uuidSet, tag: optionalInteger },
  Interface: {
    name: text,
    external_ids: textMap,
    ofport: optionalInteger,
    error: optionalText,
    link_state: optionalText,
    admin_state: optionalText,
    ifindex: optionalInteger,
    mac_in_use: optionalText,
  },
} as const;

export type TableName = keyof typeof TABLES;

/** A row as it stands now; its columns bear OVSDB's own names. */
export type Row<T extends TableName> = {
  -readonly [C in keyof (typeof TABLES)[T]]: ReturnType<
    (typeof TABLES)[T][C] extends { empty: infer F extends () => unknown } ? F : never
  >;
};

export type BridgeRow = Row<'Bridge'>;
export type PortRow = Row<'Port'>;
export type InterfaceRow = Row<'Interface'>;

/** Columns without their types: what the generic reader below works on. */
export type LooseRow = Record<string, unknown>;

/** The columns of a table, without their types. */
export function columnsOf(table: TableName): Readonly<Record<string, Column<unknown>>> {
  return TABLES[table] as unknown as Record<string, Column<unknown>>;
}

/** A whole row from the wire; columns that are left out have their default. @throws {Unreadable} */
export function readRow(table: TableName, wire: unknown): LooseRow {
  const row = readColumns(table, wire);
  for (const [name, column] of Object.entries(columnsOf(table))) row[name] ??= column.empty();
  return row;
}

/** The columns that stand on the wire; those of newer schemas that we do not know are skipped. @throws {Unreadable} */
export function readColumns(table: TableName, wire: unknown): LooseRow {
  if (typeof wire !== 'object' || wire === null) throw new Unreadable('not a row');
  const values = wire as LooseRow;
  const columns = Object.entries(columnsOf(table)).filter(([name]) => name in values);
  return Object.fromEntries(columns.map(([name, column]) => [name, column.read(values[name])]));
}

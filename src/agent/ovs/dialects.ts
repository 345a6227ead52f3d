import { PortStatusError } from '../../domain/errors.js';
import type { RowUpdate, TableRowUpdate } from './image.js';
import { TABLES, columnsOf } from './rows.js';
import type { TableName } from './rows.js';

const DATABASE = 'Open_vSwitch';

/** Stands for "no transaction": the server then sends everything. */
export const NO_TRANSACTION = '00000000-0000-0000-0000-000000000000';

/** Rows from the server, and the transaction they lead to where the dialect knows one. */
export interface Updates {
  readonly rows: readonly TableRowUpdate[];
  readonly transaction?: string | undefined;
}

/** What a monitor begins with: everything there is, or only what changed since a transaction. */
export interface Beginning extends Updates {
  readonly isComplete: boolean;
}

/** One of the ways in which servers of different age let a client follow tables. */
export interface Dialect {
  readonly method: string;
  /** The method of the notifications that follow. Their first parameter is the monitor's id. */
  readonly notification: string;
  params(id: string, since: string): readonly unknown[];
  readBeginning(result: unknown): Beginning;
  /** @param params without the monitor's id. */
  readUpdates(params: readonly unknown[]): Updates;
}

/**
 * The dialects that we speak, the best first. Source: ovsdb-server(7), "Monitor Cond Since", "Monitor Cond"; RFC 7047,
 * sections 4.1.5 and 4.1.6, for the last, which servers before Open vSwitch 2.6 alone know.
 */
export const DIALECTS: readonly Dialect[] = [
  {
    method: 'monitor_cond_since',
    notification: 'update3',
    params: (id, since) => [DATABASE, id, monitorRequests({ where: [true] }), since],
    readBeginning: (result) => {
      const [found, transaction, tables] = asList(result);
      return {
        isComplete: found !== true,
        transaction: asTransaction(transaction),
        rows: readTableUpdates(tables),
      };
    },
    readUpdates: ([transaction, tables]) => ({
      transaction: asTransaction(transaction),
      rows: readTableUpdates(tables),
    }),
  },
  {
    method: 'monitor_cond',
    notification: 'update2',
    params: (id) => [DATABASE, id, monitorRequests({ where: [true] })],
    readBeginning: (result) => ({ isComplete: true, rows: readTableUpdates(result) }),
    readUpdates: ([tables]) => ({ rows: readTableUpdates(tables) }),
  },
  {
    method: 'monitor',
    notification: 'update',
    params: (id) => [DATABASE, id, monitorRequests({})],
    readBeginning: (result) => ({ isComplete: true, rows: readTableUpdates(result, readOldRowUpdate) }),
    readUpdates: ([tables]) => ({ rows: readTableUpdates(tables, readOldRowUpdate) }),
  },
];

function monitorRequests(condition: { readonly where?: readonly unknown[] }): Record<string, unknown> {
  return Object.fromEntries(
    tableNames().map((table) => [table, [{ columns: Object.keys(columnsOf(table)), ...condition }]]),
  );
}

function tableNames(): readonly TableName[] {
  return Object.keys(TABLES) as TableName[];
}

function readTableUpdates(tables: unknown, readRow = readRowUpdate): readonly TableRowUpdate[] {
  const byTable = asObject(tables);
  return tableNames().flatMap((table) =>
    Object.entries(asObject(byTable[table] ?? {})).map(([uuid, row]) => ({
      table,
      uuid,
      update: readRow(asObject(row)),
    })),
  );
}

/** `initial` and `insert` carry a row without its default columns, `modify` a difference, `delete` is null. */
function readRowUpdate(wire: Readonly<Record<string, unknown>>): RowUpdate {
  if ('delete' in wire) return { kind: 'delete' };
  if ('modify' in wire) return { kind: 'modify', difference: wire['modify'] };
  return { kind: 'insert', row: wire['initial'] ?? wire['insert'] };
}

/** `new` is a whole row, also where only a column changed; a row that has nothing but `old` is gone. */
function readOldRowUpdate(wire: Readonly<Record<string, unknown>>): RowUpdate {
  return 'new' in wire ? { kind: 'insert', row: wire['new'] } : { kind: 'delete' };
}

function asTransaction(wire: unknown): string {
  return typeof wire === 'string' ? wire : NO_TRANSACTION;
}

function asList(wire: unknown): readonly unknown[] {
  if (!Array.isArray(wire)) throw notAnUpdate();
  return wire;
}

function asObject(wire: unknown): Readonly<Record<string, unknown>> {
  if (typeof wire !== 'object' || wire === null || Array.isArray(wire)) throw notAnUpdate();
  return wire as Record<string, unknown>;
}

function notAnUpdate(): PortStatusError {
  return new PortStatusError(
    'UNAVAILABLE',
    "the server's update has an unknown form; check that the address is Open vSwitch's database",
  );
}

/** A switch's rows as they look on the wire: what a fake server sends, and what updates are made of. */
export type WireTables = Record<string, Record<string, unknown>>;

export const BRIDGE_ROW = 'bridge-row';

export interface WireInterface {
  readonly ifaceId?: string;
  readonly tag?: number;
  readonly ofport?: number;
  readonly columns?: Record<string, unknown>;
}

/** What ovs-vswitchd fills when it has opened a device. */
export const CONFIRMED = {
  link_state: 'down',
  admin_state: 'up',
  ifindex: 7,
  mac_in_use: 'fa:16:3e:00:00:01',
};

/** A bridge with one Port and one Interface row per entry, whose rows are named `port-<n>` and `<n>`. */
export function wireBridge(name: string, interfaces: Readonly<Record<string, WireInterface>>): WireTables {
  const rows = Object.entries(interfaces);
  return {
    Bridge: {
      [BRIDGE_ROW]: { name, datapath_id: '0000', ports: wireRefs(rows.map(([row]) => `port-${row}`)) },
    },
    Port: Object.fromEntries(rows.map(([row, { tag }]) => [`port-${row}`, wirePort(row, tag)])),
    Interface: Object.fromEntries(rows.map(([row, each]) => [row, wireInterface(row, each)])),
  };
}

export function wirePort(row: string, tag?: number): Record<string, unknown> {
  return { interfaces: ['uuid', row], ...(tag === undefined ? {} : { tag }) };
}

export function wireInterface(
  row: string,
  { ifaceId, ofport, columns }: WireInterface,
): Record<string, unknown> {
  return {
    name: `tap-${row}`,
    ...(ifaceId === undefined ? {} : { external_ids: ['map', [['iface-id', ifaceId]]] }),
    ...(ofport === undefined ? {} : { ofport, ...CONFIRMED }),
    ...columns,
  };
}

export function wireRefs(rows: readonly string[]): unknown {
  return ['set', rows.map((row) => ['uuid', row])];
}

/** Puts one word, such as `initial`, before every row. */
export function eachRow(word: string, tables: WireTables): WireTables {
  return Object.fromEntries(
    Object.entries(tables).map(([table, rows]) => [
      table,
      Object.fromEntries(Object.entries(rows).map(([row, columns]) => [row, { [word]: columns }])),
    ]),
  );
}

/** The UUID of the logical port number `n`. */
export function uuid(n: number): string {
  return `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}

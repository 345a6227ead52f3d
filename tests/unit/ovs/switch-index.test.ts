import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TableImage } from '../../../src/agent/ovs/image.js';
import type { RowUpdate, TableRowUpdate } from '../../../src/agent/ovs/image.js';
import type { TableName } from '../../../src/agent/ovs/rows.js';
import { Failures } from '../../../src/agent/ovs/failures.js';
import { SwitchIndex } from '../../../src/agent/ovs/switch-index.js';
import type { SwitchPort } from '../../../src/agent/port-source.js';
import { BRIDGE_ROW, CONFIRMED, uuid, wireBridge, wireInterface, wirePort, wireRefs } from './wire-switch.js';
import type { WireInterface, WireTables } from './wire-switch.js';

const RULES = { bridge: 'br-int', ready: { kind: 'tag' }, requireLink: false } as const;

/** An image, the index over it, and what was counted. */
class Switch {
  foreign = 0;
  unreadable = 0;
  nowMs = 0;
  readonly failures = new Failures(1000, () => this.nowMs);
  readonly image = new TableImage(() => this.unreadable++);
  readonly index = new SwitchIndex(RULES, this.failures, () => this.foreign++);

  constructor(tables: WireTables) {
    this.image.apply(asInserts(tables));
    this.index.rebuild(this.image.tables);
  }

  update(...updates: readonly TableRowUpdate[]): readonly SwitchPort[] {
    return this.index.update(this.image.apply(updates));
  }

  statuses(): Record<string, string> {
    return Object.fromEntries([...this.index.ports].map(([portId, { status }]) => [portId, status]));
  }
}

describe('the index of a switch', () => {
  it('knows the ports of the configured bridge only', () => {
    const other = wireBridge('br-ex', { x: { ifaceId: uuid(9), tag: 1, ofport: 1 } });
    const ours = wireBridge('br-int', { a: { ifaceId: uuid(1), tag: 1, ofport: 1 }, b: {} });
    const tables = {
      Bridge: { ...ours['Bridge'], 'other-bridge': other['Bridge']?.[BRIDGE_ROW] },
      Port: { ...ours['Port'], ...other['Port'] },
      Interface: { ...ours['Interface'], ...other['Interface'] },
    };
    expect(new Switch(tables).statuses()).toEqual({ [uuid(1)]: 'ACTIVE' });
  });

  it('says whether the bridge is there', () => {
    expect(new Switch(wireBridge('br-int', {})).index.bridgeRow).toBe(BRIDGE_ROW);
    expect(new Switch(wireBridge('br-ex', {})).index.bridgeRow).toBeUndefined();
  });

  it('gives a port its own state when one of its rows changes, and no other', () => {
    const ovs = new Switch(wireBridge('br-int', twoPorts()));
    expect(brief(ovs.update(modify('Interface', 'a', { ofport: ['set', []] })))).toEqual([
      [uuid(1), 'DOWN', 'a'],
    ]);
  });

  it('follows the tag of the Port row', () => {
    const ovs = new Switch(wireBridge('br-int', twoPorts()));
    expect(brief(ovs.update(modify('Port', 'port-b', { tag: 4095 })))).toEqual([[uuid(2), 'DOWN', 'b']]);
    expect(brief(ovs.update(modify('Port', 'port-b', { tag: 6 })))).toEqual([[uuid(2), 'ACTIVE', 'b']]);
  });

  it('says nothing when an update changes nothing that counts', () => {
    const ovs = new Switch(wireBridge('br-int', twoPorts()));
    expect(ovs.update(modify('Interface', 'a', { link_state: 'up' }))).toEqual([]);
    expect(ovs.index.ports.get(uuid(1))?.seen?.linkState).toBe('up');
  });

  it('says DOWN, with the last attachment, for a port that is unplugged', () => {
    const ovs = new Switch(wireBridge('br-int', twoPorts()));
    const said = ovs.update(
      modify('Bridge', BRIDGE_ROW, { ports: wireRefs(['port-a']) }),
      remove('Port', 'port-a'),
      remove('Interface', 'a'),
    );
    expect(brief(said)).toEqual([[uuid(1), 'DOWN', 'a']]);
    expect(said[0]?.seen).toEqual({
      device: 'tap-a',
      isGone: true,
      detail: 'no interface of bridge br-int has this iface-id any more',
    });
  });

  it('says DOWN for a port whose Port row is taken off the bridge', () => {
    const ovs = new Switch(wireBridge('br-int', twoPorts()));
    const said = ovs.update(modify('Bridge', BRIDGE_ROW, { ports: wireRefs(['port-a']) }));
    expect(brief(said)).toEqual([[uuid(1), 'DOWN', 'a']]);
  });

  it('says one word for a port that is unplugged and plugged again in one transaction', () => {
    const ovs = new Switch(wireBridge('br-int', twoPorts()));
    const said = ovs.update(
      modify('Bridge', BRIDGE_ROW, { ports: wireRefs(['port-a', 'port-c']) }),
      remove('Port', 'port-a'),
      insert('Port', 'port-c', wirePort('c', 5)),
      remove('Interface', 'a'),
      insert('Interface', 'c', wireInterface('c', { ifaceId: uuid(1), ofport: 3 })),
    );
    expect(brief(said)).toEqual([[uuid(1), 'ACTIVE', 'c']]);
  });

  it('says DOWN for the old port and the state of the new one when iface-id changes on a row', () => {
    const ovs = new Switch(wireBridge('br-int', twoPorts()));
    const said = ovs.update(modify('Interface', 'a', { external_ids: ['map', [['iface-id', uuid(3)]]] }));
    expect(brief(said)).toEqual([
      [uuid(1), 'DOWN', 'a'],
      [uuid(3), 'ACTIVE', 'a'],
    ]);
  });

  it('falls back to the other row of a port when the chosen one goes', () => {
    const twice = { a: { ifaceId: uuid(1), tag: 1, ofport: 1 }, b: { ifaceId: uuid(1), tag: 1, ofport: 2 } };
    const ovs = new Switch(wireBridge('br-int', twice));
    expect(ovs.index.ports.get(uuid(1))?.attachment).toBe('b');
    expect(brief(ovs.update(remove('Interface', 'b')))).toEqual([[uuid(1), 'ACTIVE', 'a']]);
  });

  it('counts an interface whose iface-id is no UUID once, however often it changes or is dumped', () => {
    const ovs = new Switch(wireBridge('br-int', { a: { ifaceId: 'lb-1', ofport: 1 } }));
    ovs.update(modify('Interface', 'a', { ofport: 2 }));
    ovs.index.rebuild(ovs.image.tables);
    expect([ovs.foreign, ovs.index.ports.size]).toEqual([1, 0]);
  });

  it('leaves a row that can not be read as it was, and counts it', () => {
    const ovs = new Switch(wireBridge('br-int', twoPorts()));
    const said = ovs.update(
      modify('Interface', 'a', { external_ids: ['map', [['iface-id', uuid(3)]]], ofport: 'three' }),
      modify('Interface', 'unknown', { ofport: 1 }),
      insert('Interface', 'c', null),
    );
    expect([said, ovs.unreadable]).toEqual([[], 3]);
    expect(ovs.statuses()).toEqual({ [uuid(1)]: 'ACTIVE', [uuid(2)]: 'ACTIVE' });
  });

  it('leaves a port open while the switch has not confirmed its bridge, and is ERROR again where it was', () => {
    const failed = { ifaceId: uuid(1), tag: 5, columns: { ofport: -1, error: 'No such device' } };
    const ovs = new Switch(wireBridge('br-int', { a: failed }));
    ovs.nowMs = 1000;
    expect(brief(ovs.index.failDue())).toEqual([[uuid(1), 'ERROR', 'a']]);
    expect(ovs.update(modify('Bridge', BRIDGE_ROW, { datapath_id: ['set', []] }))).toEqual([]);
    expect([ovs.index.ports.size, ovs.index.unconfirmed]).toEqual([0, [uuid(1)]]);
    const said = ovs.update(modify('Bridge', BRIDGE_ROW, { datapath_id: '0000' }));
    expect(brief(said)).toEqual([[uuid(1), 'ERROR', 'a']]);
  });

  it('takes a port for online where one of its rows is, whatever is not confirmed of the other', () => {
    const twice = {
      a: { ifaceId: uuid(1), tag: 1, ofport: 1 },
      b: { ifaceId: uuid(1), tag: 1, columns: { ofport: 2 } },
    };
    const ovs = new Switch(wireBridge('br-int', twice));
    expect([ovs.index.ports.get(uuid(1))?.attachment, ovs.index.unconfirmed]).toEqual(['a', []]);
    expect(ovs.update(modify('Port', 'port-a', { tag: 4095 }))).toEqual([]);
    expect(ovs.index.unconfirmed).toEqual([uuid(1)]);
  });

  it('takes one interface at 10,000 without looking at the others', () => {
    const many = Object.fromEntries(
      Array.from({ length: 10_000 }, (_, n) => [`i${n}`, { ifaceId: uuid(n), tag: 1, ofport: 1 }]),
    );
    const ovs = new Switch(wireBridge('br-int', many));
    const before = new Map(ovs.index.ports);
    ovs.update(
      modify('Bridge', BRIDGE_ROW, { ports: wireRefs(['port-i7']) }),
      remove('Port', 'port-i7'),
      remove('Interface', 'i7'),
    );
    const described = [...ovs.index.ports].filter(([portId, port]) => before.get(portId) !== port);
    expect([ovs.index.ports.size, described]).toEqual([9999, []]);
  });

  it('stands, after any updates, where a new index over the same rows would stand', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(anyUpdate, { minLength: 1, maxLength: 4 }), { maxLength: 20 }),
        (batches) => {
          const ovs = new Switch(wireBridge('br-int', twoPorts()));
          const told = new Map(ovs.index.ports);
          for (const batch of batches) for (const port of ovs.update(...batch)) told.set(port.portId, port);
          const fresh = new SwitchIndex(RULES, ovs.failures, () => undefined);
          fresh.rebuild(ovs.image.tables);
          expect(sorted(ovs.index.ports)).toEqual(sorted(fresh.ports));
          expect([...ovs.index.unconfirmed].sort()).toEqual([...fresh.unconfirmed].sort());
          for (const portId of fresh.unconfirmed) told.delete(portId);
          expect(meaningOf(told, fresh.ports)).toEqual(meaningOf(fresh.ports, fresh.ports));
        },
      ),
    );
  });
});

/** Status and attachment of all ports ever told of; a port that is not on the switch counts as DOWN. */
function meaningOf(
  told: ReadonlyMap<string, SwitchPort>,
  now: ReadonlyMap<string, SwitchPort>,
): Record<string, string> {
  const onSwitch = [...told].filter(([portId, { status }]) => status !== 'DOWN' || now.has(portId));
  return Object.fromEntries(
    onSwitch.map(([portId, { status, attachment }]) => [portId, `${status} ${attachment}`] as const).sort(),
  );
}

function sorted(ports: ReadonlyMap<string, SwitchPort>): [string, SwitchPort][] {
  return [...ports].sort(([a], [b]) => (a < b ? -1 : 1));
}

function brief(ports: readonly SwitchPort[]): string[][] {
  return ports.map(({ portId, status, attachment }) => [portId, status, attachment]);
}

function twoPorts(): Record<string, WireInterface> {
  return { a: { ifaceId: uuid(1), tag: 5, ofport: 1 }, b: { ifaceId: uuid(2), tag: 5, ofport: 2 } };
}

function asInserts(tables: WireTables): TableRowUpdate[] {
  return Object.entries(tables).flatMap(([table, rows]) =>
    Object.entries(rows).map(([row, columns]) => insert(table as TableName, row, columns)),
  );
}

function insert(table: TableName, row: string, columns: unknown): TableRowUpdate {
  return rowUpdate(table, row, { kind: 'insert', row: columns });
}

function modify(table: TableName, row: string, difference: unknown): TableRowUpdate {
  return rowUpdate(table, row, { kind: 'modify', difference });
}

function remove(table: TableName, row: string): TableRowUpdate {
  return rowUpdate(table, row, { kind: 'delete' });
}

function rowUpdate(table: TableName, row: string, update: RowUpdate): TableRowUpdate {
  return { table, uuid: row, update };
}

/** Few rows and few ports, so that updates meet each other often; not all are such as a real switch would send. */
const rowName = fc.constantFrom('a', 'b', 'c', 'd');
const someUuid = fc.constantFrom(uuid(1), uuid(2), uuid(3), 'not-a-uuid');
const anyUpdate: fc.Arbitrary<TableRowUpdate> = fc.oneof(
  fc
    .tuple(rowName, someUuid)
    .map(([row, ifaceId]) => insert('Interface', row, wireInterface(row, { ifaceId, ofport: 1 }))),
  rowName.map((row) => remove('Interface', row)),
  fc
    .tuple(rowName, someUuid)
    .map(([row, ifaceId]) => modify('Interface', row, { external_ids: ['map', [['iface-id', ifaceId]]] })),
  fc.tuple(rowName, fc.constantFrom(-1, 1, 2)).map(([row, ofport]) => modify('Interface', row, { ofport })),
  fc.tuple(rowName, rowName).map(([row, iface]) => insert('Port', `port-${row}`, wirePort(iface, 5))),
  fc.tuple(rowName, fc.constantFrom(5, 4095)).map(([row, tag]) => modify('Port', `port-${row}`, { tag })),
  fc
    .tuple(rowName, rowName)
    .map(([row, iface]) => modify('Port', `port-${row}`, { interfaces: ['uuid', iface] })),
  rowName.map((row) => remove('Port', `port-${row}`)),
  rowName.map((row) => modify('Bridge', BRIDGE_ROW, { ports: ['uuid', `port-${row}`] })),
  fc.constant(remove('Bridge', BRIDGE_ROW)),
  fc.constantFrom('0000', ['set', []]).map((id) => modify('Bridge', BRIDGE_ROW, { datapath_id: id })),
  rowName.map((row) => modify('Interface', row, CONFIRMED)),
);

import { describe, expect, it } from 'vitest';
import { describePort, choosePort, isNews, ownerOf } from '../../../src/agent/ovs/ports.js';
import type { PortRules } from '../../../src/agent/ovs/ports.js';
import type { InterfaceRow } from '../../../src/agent/ovs/rows.js';
import type { SwitchPort } from '../../../src/agent/port-source.js';

const PORT_ID = '15e2c509-be19-4dfd-a2e0-c08cb1499a3e';
const INSTANCE = '0f7e9c35-cc38-48b2-8d67-2fe6f853a383';

const byTag: PortRules = { bridge: 'br-int', ready: { kind: 'tag' }, requireLink: false };
const byOfport: PortRules = { ...byTag, ready: { kind: 'ofport' } };
const byMark: PortRules = { ...byTag, ready: { kind: 'external-id', key: 'wired', value: 'yes' } };

/** A tap that the switch has opened, before the guest has. */
function tap(columns: Partial<InterfaceRow> = {}, ids: Record<string, string> = {}): InterfaceRow {
  return {
    name: 'tap15e2c509-be',
    external_ids: new Map(Object.entries({ 'iface-id': PORT_ID, 'vm-uuid': INSTANCE, ...ids })),
    ofport: 3,
    error: undefined,
    link_state: 'down',
    admin_state: 'up',
    ifindex: 7,
    mac_in_use: 'fa:16:3e:00:00:01',
    ...columns,
  };
}

function describeTap(iface: InterfaceRow, tag: number | undefined, rules: PortRules): SwitchPort {
  return describePort(PORT_ID, 'row-1', iface, { tag }, rules);
}

interface Case {
  readonly says: string;
  readonly iface?: InterfaceRow;
  readonly tag?: number;
  readonly rules?: PortRules;
  /** Why the port is DOWN; absent where it is ACTIVE. */
  readonly down?: string;
}

const NO_OFPORT = 'no ofport: the switch has not opened the device yet';
const VANISHED = 'the device has vanished from the host';
const NO_DEVICE = 'could not open network device tap15e2c509-be (No such device)';
const vanished = { ifindex: 0, mac_in_use: undefined, link_state: 'down', admin_state: 'down' };

const CASES: readonly Case[] = [
  { says: 'has an ofport and a tag', tag: 5 },
  { says: 'has no ofport yet', iface: tap({ ofport: undefined }), tag: 5, down: NO_OFPORT },
  { says: 'has an error', iface: tap({ ofport: -1, error: NO_DEVICE }), tag: 5, down: NO_DEVICE },
  { says: 'has an error beside an ofport', iface: tap({ error: NO_DEVICE }), tag: 5, down: NO_DEVICE },
  {
    says: 'has ofport -1 without a word',
    iface: tap({ ofport: -1 }),
    tag: 5,
    down: 'ofport is -1: the switch could not open the device',
  },
  { says: 'has no tag where the tag says ready', down: 'ready rule not met: tag is not set' },
  { says: 'is on the dead VLAN', tag: 4095, down: 'ready rule not met: tag is 4095 (dead VLAN)' },
  { says: 'is on VLAN 0', tag: 0 },
  { says: 'has no tag where the ofport says ready', rules: byOfport },
  { says: 'is marked as the rule asks', iface: tap({}, { wired: 'yes' }), rules: byMark },
  {
    says: 'is marked otherwise than the rule asks',
    iface: tap({}, { wired: 'no' }),
    rules: byMark,
    down: 'ready rule not met: external_ids:wired is "no", not "yes"',
  },
  {
    says: 'is not marked where the rule asks for a mark',
    rules: byMark,
    down: 'ready rule not met: external_ids:wired is not set',
  },
  { says: 'lost its device while ofport stays', iface: tap(vanished), tag: 5, down: VANISHED },
  {
    says: 'is a dummy with ifindex 0 that keeps its address',
    iface: tap({ ...vanished, mac_in_use: 'aa:55:aa:55:00:01' }),
    tag: 5,
  },
  {
    says: 'has its ofport before the rest of its state',
    iface: tap({ ifindex: undefined, mac_in_use: undefined, link_state: undefined, admin_state: undefined }),
    tag: 5,
  },
  { says: 'has no carrier and needs none', iface: tap({ link_state: 'down' }), tag: 5 },
  {
    says: 'has no carrier and needs it',
    tag: 5,
    rules: { ...byTag, requireLink: true },
    down: 'link required: link_state is down',
  },
  {
    says: 'has carrier as it needs',
    iface: tap({ link_state: 'up' }),
    tag: 5,
    rules: { ...byTag, requireLink: true },
  },
];

describe('what an interface says of its port', () => {
  it.each(CASES.filter(({ down }) => down === undefined))(
    'is ACTIVE when it $says',
    ({ iface = tap(), tag, rules = byTag }) => {
      const port = describeTap(iface, tag, rules);
      expect([port.status, port.seen?.detail]).toEqual(['ACTIVE', undefined]);
    },
  );

  it.each(CASES.filter(({ down }) => down !== undefined))(
    'is DOWN, with the reason, when it $says',
    ({ iface = tap(), tag, rules = byTag, down }) => {
      const port = describeTap(iface, tag, rules);
      expect([port.status, port.seen?.detail]).toEqual(['DOWN', down]);
    },
  );

  it('names the row as attachment, the instance, and what was seen', () => {
    expect(describeTap(tap(), 5, byTag)).toEqual({
      portId: PORT_ID,
      status: 'ACTIVE',
      attachment: 'row-1',
      instance: INSTANCE,
      seen: {
        device: 'tap15e2c509-be',
        ofport: 3,
        linkState: 'down',
        adminState: 'up',
        detail: undefined,
      },
    });
  });
});

describe('the owner of an interface', () => {
  const ownerBy = (ids: Record<string, string>) => ownerOf({ external_ids: new Map(Object.entries(ids)) });

  it('is the port that iface-id names, in any case', () => {
    expect(ownerBy({ 'iface-id': PORT_ID.toUpperCase() })).toEqual({ kind: 'port', portId: PORT_ID });
  });

  it('is nobody where there is no iface-id', () => {
    expect(ownerBy({ 'attached-mac': 'fa:16:3e:00:00:01' })).toEqual({ kind: 'nobody' });
  });

  it.each(['', 'cr-lrp-1', `${PORT_ID}x`, `{${PORT_ID}}`])('is foreign where iface-id is %j', (ifaceId) => {
    expect(ownerBy({ 'iface-id': ifaceId })).toEqual({ kind: 'foreign', ifaceId });
  });
});

describe('several rows with one iface-id', () => {
  const row = (attachment: string, status: 'ACTIVE' | 'DOWN'): SwitchPort => ({
    portId: PORT_ID,
    attachment,
    status,
  });
  const chosenOf = (...rows: SwitchPort[]): (string | undefined)[] =>
    [rows, rows.toReversed()].map((order) => choosePort(order)?.attachment);

  it('yield the one that is online, in whatever order they come', () => {
    expect(chosenOf(row('a', 'ACTIVE'), row('b', 'DOWN'))).toEqual(['a', 'a']);
  });

  it('yield the greater by UUID where both or none are online', () => {
    expect(chosenOf(row('a', 'ACTIVE'), row('b', 'ACTIVE'))).toEqual(['b', 'b']);
    expect(chosenOf(row('a', 'DOWN'), row('b', 'DOWN'))).toEqual(['b', 'b']);
  });
});

describe('news of a port', () => {
  const up = describeTap(tap(), 5, byTag);

  it('are its status, attachment, instance, and why it is not online', () => {
    const changes: readonly Partial<SwitchPort>[] = [
      { status: 'DOWN' },
      { attachment: 'row-2' },
      { instance: undefined },
      { seen: { ...up.seen, detail: 'another' } },
    ];
    expect(changes.map((change) => isNews(up, { ...up, ...change }))).toEqual([true, true, true, true]);
    expect(isNews(undefined, up)).toBe(true);
  });

  it('are not its link and other external_ids', () => {
    const later = describeTap(tap({ link_state: 'up' }, { 'iface-status': 'active' }), 5, byTag);
    expect(isNews(up, later)).toBe(false);
  });
});

import { describe, expect, it } from 'vitest';
import { judge } from '../../../src/domain/judge.js';
import type { Effects, JudgedReport, Reason, Verdict } from '../../../src/domain/judge.js';
import type { Binding, NeutronPort } from '../../../src/domain/neutron-port.js';
import { aBinding, aPort, aReport, OTHER_INSTANCE, POLICY } from './examples.js';

/** The effects as one line: `delete L2, write ACTIVE`; empty where nothing is written. */
function inWords({ deleteL2, insertL2, write }: Effects): string {
  const words = [deleteL2 ? 'delete L2' : '', insertL2 ? 'insert L2' : '', write ? `write ${write}` : ''];
  return words.filter((word) => word !== '').join(', ');
}

interface Row {
  readonly when: string;
  readonly report?: Partial<JudgedReport>;
  readonly port?: Partial<NeutronPort>;
  readonly then: readonly [Verdict, Reason, effects: string];
}

function check(rows: readonly Row[]): void {
  it.each(rows)('$when: $then', ({ report, port, then }) => {
    const judgement = judge(aReport(report), aPort(port), POLICY);

    expect([judgement.verdict, judgement.reason, inWords(judgement.effects)]).toEqual(then);
  });
}

const UP = { status: 'ACTIVE' } as const;
const DOWN = { status: 'DOWN' } as const;
const ERROR = { status: 'ERROR' } as const;
const elsewhere = aBinding({ host: 'cn2' });
const waitingHere = aBinding({ status: 'INACTIVE' });
const bound = (changes: Partial<Binding>): Partial<NeutronPort> => ({ bindings: [aBinding(changes)] });

describe('A report of a port that Neutron does not have', () => {
  it.each([UP, DOWN, ERROR])('is absent when it says $status', (said) => {
    expect(judge(aReport(said), undefined, POLICY)).toMatchObject({
      verdict: 'absent',
      reason: 'no-such-port',
    });
  });

  it('is absent and not stale, however old it is', () => {
    const newest = { epoch: 9, revision: 9 };

    expect(judge(aReport(), undefined, POLICY, newest).verdict).toBe('absent');
  });
});

describe('A report beside a newer one of its chassis', () => {
  it.each([
    { when: 'revision is the same', newest: { epoch: 1, revision: 10 }, verdict: 'stale' },
    { when: 'revision is lower', newest: { epoch: 1, revision: 11 }, verdict: 'stale' },
    { when: 'epoch is lower, its revision higher', newest: { epoch: 2, revision: 3 }, verdict: 'stale' },
    { when: 'revision is higher', newest: { epoch: 1, revision: 9 }, verdict: 'applied' },
    { when: 'epoch is higher, its revision lower', newest: { epoch: 0, revision: 99 }, verdict: 'applied' },
  ])('is $verdict when its $when', ({ newest, verdict }) => {
    expect(judge(aReport(), aPort(), POLICY, newest).verdict).toBe(verdict);
  });

  it('is stale before anything else about the port is looked at', () => {
    const port = aPort({ deviceOwner: 'network:dhcp', isTrunkParent: true, bindings: [] });

    const judgement = judge(aReport({ instance: OTHER_INSTANCE }), port, POLICY, { epoch: 1, revision: 10 });

    expect(judgement).toMatchObject({ verdict: 'stale', reason: 'not-newer' });
  });
});

describe('A report for another VM than the one that has the port', () => {
  check([
    {
      when: 'UP waits',
      report: { instance: OTHER_INSTANCE },
      then: ['early', 'other-instance', ''],
    },
    {
      when: 'UP waits too where the port has no device any more',
      port: { deviceId: '' },
      then: ['early', 'other-instance', ''],
    },
    {
      when: 'UP of a switch that knows no instance counts',
      report: { instance: undefined },
      then: ['applied', 'written', 'delete L2, write ACTIVE'],
    },
    {
      when: 'DOWN counts',
      report: { ...DOWN, instance: OTHER_INSTANCE },
      port: { status: 'ACTIVE', blocks: [] },
      then: ['applied', 'written', 'insert L2, write DOWN'],
    },
    {
      when: 'ERROR counts',
      report: { ...ERROR, instance: OTHER_INSTANCE },
      then: ['applied', 'written', 'write ERROR'],
    },
  ]);
});

describe('A port that only neutron-server may write', () => {
  const rows = [
    { when: 'whose driver is not allowed', port: bound({ driver: 'ovn' }), reason: 'driver-not-allowed' },
    {
      when: 'whose driver is not known',
      port: { bindings: [{ host: 'cn1', status: 'ACTIVE', vifType: 'ovs' }] },
      reason: 'driver-not-allowed',
    },
    { when: 'of a router', port: { deviceOwner: 'network:router_interface' }, reason: 'network-owned' },
    { when: 'of DHCP', port: { deviceOwner: 'network:dhcp' }, reason: 'network-owned' },
    { when: "that is a trunk's parent", port: { isTrunkParent: true }, reason: 'trunk-parent' },
    {
      when: 'whose chassis runs l2population',
      port: { l2populationHosts: ['cn9', 'cn1'] },
      reason: 'l2population',
    },
  ] as const;
  check(
    [UP, DOWN, ERROR].flatMap((report) =>
      rows.map(({ when, port, reason }): Row => ({
        when: `${report.status} ${when} is left alone`,
        report,
        port,
        then: ['delegated', reason, ''],
      })),
    ),
  );
  check([
    {
      when: 'l2population on another host does not matter',
      port: { l2populationHosts: ['cn2'] },
      then: ['applied', 'written', 'delete L2, write ACTIVE'],
    },
    {
      when: 'the driver of the reporting host counts where it has a binding of its own',
      port: { bindings: [elsewhere, aBinding({ status: 'INACTIVE', driver: 'ovn' })] },
      then: ['delegated', 'driver-not-allowed', ''],
    },
    {
      when: 'the driver of the active binding counts where the reporting host has none',
      port: { bindings: [aBinding({ host: 'cn2', driver: 'ovn' })] },
      then: ['delegated', 'driver-not-allowed', ''],
    },
    {
      when: 'another instance goes before',
      report: { instance: OTHER_INSTANCE },
      port: { isTrunkParent: true },
      then: ['early', 'other-instance', ''],
    },
    {
      when: 'it goes before a missing binding',
      port: { deviceOwner: 'network:dhcp', bindings: [] },
      then: ['delegated', 'network-owned', ''],
    },
  ]);
});

describe('A port that is bound nowhere', () => {
  check(
    [UP, DOWN, ERROR].flatMap((report): readonly Row[] => [
      {
        when: `${report.status} without an active binding waits`,
        report,
        port: { bindings: [] },
        then: ['unbindable', 'no-active-binding', ''],
      },
      {
        when: `${report.status} with an inactive binding alone waits`,
        report,
        port: { bindings: [waitingHere] },
        then: ['unbindable', 'no-active-binding', ''],
      },
      {
        when: `${report.status} after a failed binding, which has no driver, waits`,
        report,
        port: { bindings: [{ host: 'cn1', status: 'ACTIVE', vifType: 'binding_failed' }] },
        then: ['unbindable', 'binding-failed', ''],
      },
      {
        when: `${report.status} before the binding, which has no driver, waits`,
        report,
        port: { bindings: [{ host: '', status: 'ACTIVE', vifType: 'unbound' }] },
        then: ['early', 'unbound', ''],
      },
    ]),
  );
});

describe('A report from a host that does not hold the active binding', () => {
  check([
    {
      when: 'UP where an inactive binding waits is the target of a live migration',
      port: { bindings: [elsewhere, waitingHere] },
      then: ['foreign', 'migrating-here', ''],
    },
    {
      when: 'UP where the active binding is migrating to is the target of a live migration',
      port: { bindings: [aBinding({ host: 'cn2', migratingTo: 'cn1' })] },
      then: ['foreign', 'migrating-here', ''],
    },
    {
      when: 'UP while the port migrates to a third host is misplaced',
      port: { bindings: [aBinding({ host: 'cn2', migratingTo: 'cn3' })] },
      then: ['misplaced', 'bound-elsewhere', ''],
    },
    {
      when: 'UP without any of these is misplaced',
      port: { bindings: [elsewhere] },
      then: ['misplaced', 'bound-elsewhere', ''],
    },
    {
      when: 'DOWN is the ordinary end of a live migration at its source',
      report: DOWN,
      port: { status: 'ACTIVE', blocks: [], bindings: [elsewhere] },
      then: ['foreign', 'moved-away', ''],
    },
    {
      when: 'DOWN of a target says nothing of the port',
      report: DOWN,
      port: { status: 'ACTIVE', blocks: [], bindings: [elsewhere, waitingHere] },
      then: ['foreign', 'moved-away', ''],
    },
    {
      when: 'ERROR is misplaced',
      report: ERROR,
      port: { bindings: [elsewhere] },
      then: ['misplaced', 'bound-elsewhere', ''],
    },
    {
      when: 'ERROR of a target is misplaced',
      report: ERROR,
      port: { bindings: [elsewhere, waitingHere] },
      then: ['misplaced', 'bound-elsewhere', ''],
    },
  ]);
});

describe('UP of the bound chassis', () => {
  check([
    { when: 'sets DOWN to ACTIVE', then: ['applied', 'written', 'delete L2, write ACTIVE'] },
    {
      when: 'sets BUILD to ACTIVE once the grace has passed',
      port: { status: 'BUILD', ageMs: 30_000 },
      then: ['applied', 'written', 'delete L2, write ACTIVE'],
    },
    {
      when: 'sets ERROR to ACTIVE',
      port: { status: 'ERROR', blocks: [] },
      then: ['applied', 'written', 'write ACTIVE'],
    },
    {
      when: 'writes nothing where the port is ACTIVE',
      port: { status: 'ACTIVE', blocks: [] },
      then: ['applied', 'agrees', ''],
    },
    {
      when: 'deletes a block that an ACTIVE port was left with',
      port: { status: 'ACTIVE' },
      then: ['applied', 'agrees', 'delete L2'],
    },
    {
      when: 'deletes only its own block while DHCP is not ready',
      port: { blocks: ['DHCP', 'L2'] },
      then: ['blocked', 'blocks-left', 'delete L2'],
    },
    {
      when: 'writes nothing while DHCP is not ready and its own block is gone',
      port: { blocks: ['DHCP'] },
      then: ['blocked', 'blocks-left', ''],
    },
    {
      when: 'deletes only its block while the port is administratively down',
      port: { adminStateUp: false },
      then: ['admin-down', 'administratively-down', 'delete L2'],
    },
    {
      when: 'leaves a port alone that is ACTIVE though administratively down',
      port: { adminStateUp: false, status: 'ACTIVE', blocks: [] },
      then: ['admin-down', 'active-though-administratively-down', ''],
    },
    {
      when: 'is blocked before it is administratively down',
      port: { adminStateUp: false, blocks: ['DHCP', 'L2'] },
      then: ['blocked', 'blocks-left', 'delete L2'],
    },
    {
      when: 'leaves a fresh BUILD to the agent that wrote it',
      port: { status: 'BUILD', ageMs: 29_999 },
      then: ['early', 'fresh-build', ''],
    },
    {
      when: 'does not wait for a BUILD whose time lies far ahead of the database',
      port: { status: 'BUILD', ageMs: -3_600_000 },
      then: ['applied', 'written', 'delete L2, write ACTIVE'],
    },
    {
      when: 'leaves a fresh BUILD alone whatever else holds the port',
      port: { status: 'BUILD', ageMs: 0, adminStateUp: false, blocks: ['DHCP', 'L2'] },
      then: ['early', 'fresh-build', ''],
    },
    {
      when: 'counts for a port that is not of a VM',
      report: { instance: undefined },
      port: { deviceOwner: '', deviceId: '', blocks: [] },
      then: ['applied', 'written', 'write ACTIVE'],
    },
  ]);
});

describe('DOWN of the bound chassis', () => {
  check(
    (
      [
        [{ status: 'ACTIVE', blocks: [] }, 'written', 'insert L2, write DOWN'],
        [{ status: 'ACTIVE', blocks: ['L2'] }, 'written', 'write DOWN'],
        [{ status: 'BUILD', ageMs: 0, blocks: [] }, 'written', 'insert L2, write DOWN'],
        [{ status: 'ERROR', blocks: ['DHCP'] }, 'written', 'insert L2, write DOWN'],
        [{ status: 'DOWN', blocks: [] }, 'agrees', 'insert L2'],
        [{ status: 'DOWN', blocks: ['L2'] }, 'agrees', ''],
        [{ status: 'ACTIVE', blocks: [], adminStateUp: false }, 'written', 'insert L2, write DOWN'],
        [{ status: 'ACTIVE', blocks: [], deviceOwner: '' }, 'written', 'write DOWN'],
        [{ status: 'DOWN', blocks: [], deviceOwner: '' }, 'agrees', ''],
      ] as const
    ).map(([port, reason, effects]): Row => ({
      when: `onto ${JSON.stringify(port)}`,
      report: DOWN,
      port,
      then: ['applied', reason, effects],
    })),
  );
});

describe('ERROR of the bound chassis', () => {
  check(
    (
      [
        [{ status: 'DOWN' }, 'written', 'write ERROR'],
        [{ status: 'ACTIVE', blocks: [] }, 'written', 'write ERROR'],
        [{ status: 'BUILD', ageMs: 0 }, 'written', 'write ERROR'],
        [{ status: 'DOWN', blocks: ['L2', 'DHCP'], adminStateUp: false }, 'written', 'write ERROR'],
        [{ status: 'ERROR' }, 'agrees', ''],
      ] as const
    ).map(([port, reason, effects]): Row => ({
      when: `onto ${JSON.stringify(port)}`,
      report: ERROR,
      port,
      then: ['applied', reason, effects],
    })),
  );
});

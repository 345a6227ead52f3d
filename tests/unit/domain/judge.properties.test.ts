import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesNeutron, judge } from '../../../src/domain/judge.js';
import type { Effects, JudgedReport, JudgePolicy } from '../../../src/domain/judge.js';
import { isComputePort } from '../../../src/domain/neutron-port.js';
import type { Binding, NeutronPort } from '../../../src/domain/neutron-port.js';
import { aPort, INSTANCE, OTHER_INSTANCE, PORT_ID } from './examples.js';

const HOSTS = ['cn1', 'cn2'] as const;

const report: fc.Arbitrary<JudgedReport> = fc.record({
  chassis: fc.constantFrom(...HOSTS),
  status: fc.constantFrom('ACTIVE', 'DOWN', 'ERROR'),
  instance: fc.constantFrom(undefined, INSTANCE, OTHER_INSTANCE),
  epoch: fc.constant(1),
  revision: fc.constant(10),
});

const policy: fc.Arbitrary<JudgePolicy> = fc.record({
  drivers: fc.subarray(['openvswitch', 'ovn']).map((drivers) => new Set(drivers)),
  buildGraceMs: fc.constantFrom(0, 30_000),
});

function bindingAt(host: string): fc.Arbitrary<Omit<Binding, 'status'>> {
  return fc.record(
    {
      host: fc.constant(host),
      vifType: fc.constantFrom('ovs', 'unbound', 'binding_failed'),
      migratingTo: fc.constantFrom(...HOSTS),
      driver: fc.constantFrom('openvswitch', 'ovn'),
    },
    { requiredKeys: ['host', 'vifType'] },
  );
}

/** One binding per host at most, and at most one that is active: what Neutron's own keys and code allow. */
const bindings: fc.Arbitrary<readonly Binding[]> = fc
  .tuple(fc.constantFrom(...HOSTS, 'none'), ...HOSTS.map((host) => fc.option(bindingAt(host))))
  .map(([active, ...all]) =>
    all
      .filter((binding) => binding !== null)
      .map((binding) => ({ ...binding, status: binding.host === active ? 'ACTIVE' : 'INACTIVE' })),
  );

const port: fc.Arbitrary<NeutronPort> = fc.record({
  portId: fc.constant(PORT_ID),
  standardAttrId: fc.constant(520),
  revisionNumber: fc.nat(),
  status: fc.constantFrom('ACTIVE', 'DOWN', 'BUILD', 'ERROR', 'N/A'),
  ageMs: fc.constantFrom(0, 30_000),
  adminStateUp: fc.boolean(),
  deviceId: fc.constantFrom('', INSTANCE, OTHER_INSTANCE),
  deviceOwner: fc.constantFrom('', 'compute:nova', 'network:dhcp'),
  blocks: fc.subarray(['L2', 'DHCP']),
  bindings,
  isTrunkParent: fc.boolean(),
  l2populationHosts: fc.subarray([...HOSTS]),
});

/** Ports that are easier to write than most: one active binding on the host that reports. */
const boundPort = port.map((any): NeutronPort => ({
  ...any,
  deviceOwner: 'compute:nova',
  deviceId: INSTANCE,
  isTrunkParent: false,
  l2populationHosts: [],
  bindings: aPort().bindings,
}));
const anyPort = fc.oneof(port, boundPort);

function carryOut({ deleteL2, insertL2, write }: Effects, before: NeutronPort): NeutronPort {
  const kept = before.blocks.filter((entity) => !(deleteL2 && entity === 'L2'));
  const blocks = insertL2 ? [...kept, 'L2'] : kept;
  return { ...before, blocks, ...(write === undefined ? {} : { status: write, ageMs: 0 }) };
}

function mayOnlyNeutronWrite(before: NeutronPort, chassis: string, { drivers }: JudgePolicy): boolean {
  const active = before.bindings.find(({ status }) => status === 'ACTIVE');
  return (
    before.deviceOwner.startsWith('network:') ||
    before.isTrunkParent ||
    before.l2populationHosts.includes(chassis) ||
    !drivers.has(active?.driver ?? '')
  );
}

describe('Whatever is reported of whatever port', () => {
  it('nothing is written that only neutron-server may write', () => {
    fc.assert(
      fc.property(report, anyPort, policy, (said, before, laid) => {
        fc.pre(mayOnlyNeutronWrite(before, said.chassis, laid));
        expect(changesNeutron(judge(said, before, laid).effects)).toBe(false);
      }),
    );
  });

  it('nothing is written on the word of a chassis that does not hold the active binding', () => {
    fc.assert(
      fc.property(report, anyPort, policy, (said, before, laid) => {
        fc.pre(!before.bindings.some(({ host, status }) => host === said.chassis && status === 'ACTIVE'));
        expect(changesNeutron(judge(said, before, laid).effects)).toBe(false);
      }),
    );
  });

  it('only applied writes a status, and only another one than the port has', () => {
    fc.assert(
      fc.property(report, anyPort, policy, (said, before, laid) => {
        const { verdict, effects } = judge(said, before, laid);
        fc.pre(effects.write !== undefined);
        expect([verdict, effects.write]).toEqual(['applied', said.status]);
        expect(effects.write).not.toBe(before.status);
      }),
    );
  });

  it("Neutron's rows change exactly when the effects say so", () => {
    fc.assert(
      fc.property(report, anyPort, policy, (said, before, laid) => {
        const { effects } = judge(said, before, laid);
        const after = carryOut(effects, before);
        const differs = after.status !== before.status || after.blocks.join() !== before.blocks.join();
        expect(changesNeutron(effects)).toBe(differs);
      }),
    );
  });

  it('judging again after the effects were carried out has no further effects and the same verdict', () => {
    fc.assert(
      fc.property(report, anyPort, policy, (said, before, laid) => {
        const first = judge(said, before, laid);
        const second = judge(said, carryOut(first.effects, before), laid);
        expect(changesNeutron(second.effects)).toBe(false);
        expect(second.verdict).toBe(first.verdict);
      }),
    );
  });

  it('an applied DOWN of a compute port leaves it DOWN with an L2 block', () => {
    fc.assert(
      fc.property(report, anyPort, policy, (said, before, laid) => {
        fc.pre(said.status === 'DOWN' && isComputePort(before));
        const { verdict, effects } = judge(said, before, laid);
        fc.pre(verdict === 'applied');
        const after = carryOut(effects, before);
        expect([after.status, after.blocks.includes('L2')]).toEqual(['DOWN', true]);
      }),
    );
  });

  it('an UP that is acted upon never leaves our L2 block', () => {
    fc.assert(
      fc.property(report, anyPort, policy, (said, before, laid) => {
        const { verdict, effects } = judge({ ...said, status: 'ACTIVE' }, before, laid);
        fc.pre(['applied', 'blocked', 'admin-down'].includes(verdict));
        expect(carryOut(effects, before).blocks).not.toContain('L2');
      }),
    );
  });

  it('a compute port that is bound here and may be written is ACTIVE after UP, DOWN after DOWN, ERROR after ERROR', () => {
    const laid: JudgePolicy = { drivers: new Set(['openvswitch']), buildGraceMs: 0 };
    fc.assert(
      fc.property(report, boundPort, (said, before) => {
        const ready = { ...before, adminStateUp: true, blocks: before.blocks.filter((b) => b === 'L2') };
        const { effects } = judge({ ...said, chassis: 'cn1', instance: INSTANCE }, ready, laid);
        expect(carryOut(effects, ready).status).toBe(said.status);
      }),
    );
  });
});

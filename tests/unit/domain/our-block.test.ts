import { describe, expect, it } from 'vitest';
import { fateOfBlock } from '../../../src/domain/our-block.js';
import type { InsertedBlock } from '../../../src/domain/our-block.js';
import type { Binding, NeutronPort } from '../../../src/domain/neutron-port.js';

const BLOCK: InsertedBlock = { chassis: 'cn1', status: 'DOWN', instance: 'vm-1', blocksThen: ['L2'] };
const HERE: Binding = { host: 'cn1', status: 'ACTIVE', vifType: 'ovs', driver: 'openvswitch' };
const PORT: NeutronPort = {
  portId: '15e2c509-be19-4dfd-a2e0-c08cb1499a3e',
  standardAttrId: 1,
  revisionNumber: 4,
  status: 'DOWN',
  ageMs: 100_000,
  adminStateUp: true,
  deviceId: 'vm-1',
  deviceOwner: 'compute:nova',
  blocks: ['L2'],
  bindings: [HERE],
  isTrunkParent: false,
  l2populationHosts: [],
};

describe('when we are uninstalled, a block that we inserted', () => {
  it.each<[string, Partial<NeutronPort>, Partial<InsertedBlock>]>([
    ['of a port that is still DOWN', {}, {}],
    [
      'of a port that was DOWN together with another block',
      { blocks: ['DHCP', 'L2'] },
      { blocksThen: ['DHCP', 'L2'] },
    ],
    [
      'of a port that somebody set ACTIVE, wherever it is bound',
      { status: 'ACTIVE', bindings: [{ ...HERE, host: 'cn2' }] },
      {},
    ],
    [
      'of a port that was taken off its instance',
      { deviceId: '', bindings: [{ ...HERE, vifType: 'unbound', host: '' }] },
      {},
    ],
    ['of a port whose binding failed', { bindings: [{ ...HERE, vifType: 'binding_failed' }] }, {}],
    ['of a port without a binding', { bindings: [] }, {}],
    ['of a port that is wired', {}, { status: 'ACTIVE' }],
    ['of a port whose instance nobody knew', {}, { instance: undefined }],
  ])('%s goes', (_what, port, block) => {
    expect(fateOfBlock({ ...BLOCK, ...block }, { ...PORT, ...port }).kind).toBe('remove');
  });

  it.each<[string, Partial<NeutronPort>]>([
    ['of a port that is being wired', { status: 'BUILD' }],
    ['of a port that Neutron bound to another host', { bindings: [{ ...HERE, host: 'cn2' }] }],
    ['of a port that Neutron gave to another instance', { deviceId: 'vm-2' }],
    ['of a port that Neutron prepares again', { blocks: ['DHCP', 'L2'] }],
  ])('%s stays', (_what, port) => {
    expect(fateOfBlock(BLOCK, { ...PORT, ...port }).kind).toBe('leave');
  });

  it('is gone with its port, or when somebody else removed it', () => {
    expect(fateOfBlock(BLOCK, undefined)).toEqual({ kind: 'gone' });
    expect(fateOfBlock(BLOCK, { ...PORT, blocks: ['DHCP'] })).toEqual({ kind: 'gone' });
  });
});

import { describe, expect, it } from 'vitest';
import { findingOf } from '../../../../src/cli/reconcile/finding.js';
import type { Foreseen } from '../../../../src/neutron/neutron.js';
import { portIdOf } from '../../../support/neutron-rows.js';

const AGREES: Foreseen = {
  one: { portId: portIdOf(1), chassis: 'cn1' },
  verdict: 'applied',
  reason: 'agrees',
  reported: 'ACTIVE',
  neutronStatus: 'ACTIVE',
  wouldWrite: '',
  wouldOwe: false,
  isNews: false,
};

describe('a finding', () => {
  it.each<[string, Partial<Foreseen>, unknown]>([
    ['none where all agree', {}, undefined],
    ['none where servers would only note something', { isNews: true }, undefined],
    [
      'status, where a block is in the way',
      { neutronStatus: 'DOWN', wouldWrite: 'DELETE-L2 ACTIVE' },
      'status',
    ],
    ['status, where ACTIVE is no longer true', { reported: 'DOWN', wouldWrite: 'INSERT-L2 DOWN' }, 'status'],
    ['status, where an ERROR has passed', { neutronStatus: 'ERROR', wouldWrite: 'ACTIVE' }, 'status'],
    ['not-activated', { neutronStatus: 'BUILD', wouldWrite: 'ACTIVE' }, 'not-activated'],
    ['a debt that nobody has noted', { wouldOwe: true, isNews: true }, 'debt'],
    ['no-port', { verdict: 'absent', neutronStatus: undefined, isNews: true }, 'no-port'],
    ['none of a port whose absence is known', { verdict: 'absent', neutronStatus: undefined }, undefined],
  ])('is %s', (_, foreseen, kind) => {
    expect(findingOf({ ...AGREES, ...foreseen })?.kind).toBe(kind);
  });
});

import { describe, expect, it } from 'vitest';
import type { SweptRow } from '../../../src/neutron/neutron.js';
import type { ChassisView } from '../../../src/northbound/northbound.js';
import { findGone } from '../../../src/server/gone.js';
import { portIdOf } from '../../support/neutron-rows.js';

const never = new AbortController().signal;
const present = { incarnation: 'i', epoch: 1, now: 0 };
const row: SweptRow = {
  ...{ portId: portIdOf(1), chassis: 'cn1', epoch: 1, revision: 5, status: 'ACTIVE' },
  ...{ attachment: 'row', owedNo: 0, toldNo: 0 },
};
const complete = { chassis: 'cn1', complete: { revision: 9, incarnation: 'i' } } as ChassisView;

function findAmong(incarnation: string): ReturnType<typeof findGone> {
  const northbound = {
    chassis: () => Promise.resolve([complete]),
    lookUp: () => Promise.resolve([]),
    incarnation: () => Promise.resolve(incarnation),
  };
  return findGone(northbound, [row], present, never);
}

describe('a port of which a complete chassis has no record', () => {
  it('is DOWN', async () => {
    expect(await findAmong('i')).toMatchObject([
      { portId: row.portId, arrival: { report: { status: 'DOWN', revision: 9 }, incarnation: 'i' } },
    ]);
  });

  it('says nothing where the data were lost since the chassis said that it is complete', async () => {
    expect(await findAmong('another')).toEqual([]);
  });
});

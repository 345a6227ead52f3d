import { describe, expect, it } from 'vitest';
import type { LedgerPage } from '../../../src/neutron/neutron.js';
import type { Process } from '../../../src/simulator/histories/process.js';
import { RECONCILE_MS } from '../../../src/simulator/histories/rig.js';
import { openBench } from './server-bench.js';

/** What one server sweeps: where its pages of the ledger begin and end, and whose records it reads. */
interface Swept {
  readonly ranges: string[];
  readonly chassis: string[];
}

function watchSweeps(process: Process): Swept {
  const swept: Swept = { ranges: [], chassis: [] };
  process.intercept('sweep', (proceed, [page]) => {
    const { after, until = '' } = page as LedgerPage;
    swept.ranges.push(`${after?.portId ?? ''}–${until}`);
    return proceed();
  });
  process.intercept('reports', (proceed, [chassis]) => {
    swept.chassis.push(String(chassis));
    return proceed();
  });
  return swept;
}

const CHASSIS = ['cn1', 'cn2', 'cn3', 'cn4', 'cn5', 'cn6', 'cn7', 'cn8'];

describe('a sweep', () => {
  it('is divided over the live servers: each part of the ledger and each chassis has one', async () => {
    const bench = await openBench();
    for (const chassis of CHASSIS) await bench.say(1, 'ACTIVE', { chassis });
    const a = watchSweeps((await bench.start('A')).process);
    const b = watchSweeps((await bench.start('B')).process);
    await bench.pass(1000);
    for (const list of [a.ranges, a.chassis, b.ranges, b.chassis]) list.length = 0;
    await bench.pass(RECONCILE_MS);
    expect([a.ranges, b.ranges]).toEqual([['–80000000'], ['80000000–']]);
    expect([...a.chassis, ...b.chassis].sort()).toEqual(CHASSIS);
    expect(a.chassis.length * b.chassis.length).toBeGreaterThan(0);
  });

  it('covers the part of a server that has left with the next one', async () => {
    const bench = await openBench();
    const a = watchSweeps((await bench.start('A')).process);
    const other = await bench.start('B');
    await bench.pass(RECONCILE_MS);
    expect(a.ranges.at(-1)).toBe('–80000000');
    other.stop();
    await bench.pass(RECONCILE_MS);
    expect(a.ranges.at(-1)).toBe('–');
  });
});

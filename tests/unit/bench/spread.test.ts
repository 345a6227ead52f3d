import { describe, expect, it } from 'vitest';
import { groupedMedian, summarize } from '../../../bench/spread.js';

describe('A summary of runs', () => {
  it('goes figure by figure, in groups too, with null for what none measured', () => {
    const eachRun = [
      { p99Ms: 5, cpu: { server: 3, northbound: null } },
      { p99Ms: 4, cpu: { server: 1, northbound: null } },
      { p99Ms: 9, cpu: { server: 2, northbound: null } },
    ];
    const { medians, spreads } = summarize(eachRun);
    expect(medians).toEqual({ p99Ms: 5, cpu: { server: 2, northbound: null } });
    expect(spreads).toEqual({
      p99Ms: { median: 5, min: 4, max: 9 },
      cpu: { server: { median: 2, min: 1, max: 3 }, northbound: null },
    });
  });
});

describe('The median of values that come in steps', () => {
  it('is the value itself where there is one, and lies between two in proportion to how many there are of each', () => {
    expect(groupedMedian([150, 150, 150], 50)).toBe(150);
    expect(groupedMedian([150, 150, 200, 200], 50)).toBe(175);
    expect(groupedMedian([100, 150, 150, 150, 200], 50)).toBe(150);
    expect(groupedMedian([150, 150, 150, 200], 50)).toBeCloseTo(158.3, 1);
  });
});

import { describe, expect, it } from 'vitest';
import { isInShare, portsOfShare, shareOf } from '../../../src/domain/share.js';

const IDS = ['c', 'a', 'b'];

describe('a share of the work', () => {
  it('is everything for a server that is alone, or that nobody sees yet', () => {
    expect(portsOfShare(shareOf('a', []))).toEqual({ after: undefined, until: undefined });
  });

  it('borders on the next one, so that every port is in exactly one', () => {
    const ranges = ['a', 'b', 'c'].map((id) => portsOfShare(shareOf(id, IDS)));
    expect(ranges).toEqual([
      { after: undefined, until: '55555555' },
      { after: '55555555', until: 'aaaaaaaa' },
      { after: 'aaaaaaaa', until: undefined },
    ]);
  });

  it('keeps its leading zeros, since ids are compared as text', () => {
    const ids = Array.from({ length: 100 }, (_, i) => `server-${String(i).padStart(2, '0')}`);
    expect(portsOfShare(shareOf('server-01', ids)).after).toBe('028f5c28');
  });

  it('has each chassis in exactly one, and about as many in each', () => {
    const names = Array.from({ length: 3000 }, (_, i) => `compute-${i}`);
    const counts = IDS.map((id) => names.filter((name) => isInShare(shareOf(id, IDS), name)).length);
    expect(counts.reduce((sum, count) => sum + count)).toBe(3000);
    expect(Math.min(...counts)).toBeGreaterThan(850);
  });
});

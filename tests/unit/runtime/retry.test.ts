import { describe, expect, it } from 'vitest';
import type { Random } from '../../../src/runtime/random.js';
import { backoffMs } from '../../../src/runtime/retry.js';

const backoff = { firstMs: 100, mostMs: 5000 };
const drawing = (number: number): Random => ({ next: () => number, id: () => '' });
const NEARLY_ONE = 1 - Number.EPSILON;

describe('The wait before a repetition', () => {
  it.each([
    { attempt: 1, longest: 100 },
    { attempt: 2, longest: 200 },
    { attempt: 6, longest: 3200 },
    { attempt: 7, longest: 5000 },
    { attempt: 10_000, longest: 5000 },
  ])('number $attempt is drawn between half of $longest ms and all of it', ({ attempt, longest }) => {
    expect(backoffMs(attempt, backoff, drawing(0))).toBe(longest / 2);
    expect(backoffMs(attempt, backoff, drawing(0.5))).toBe(longest * 0.75);
    expect(backoffMs(attempt, backoff, drawing(NEARLY_ONE))).toBeCloseTo(longest);
  });

  it('never exceeds the longest, though the first were longer', () => {
    expect(backoffMs(1, { firstMs: 9000, mostMs: 5000 }, drawing(NEARLY_ONE))).toBeLessThanOrEqual(5000);
  });
});

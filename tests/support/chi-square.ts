import { expect } from 'vitest';

/** Chi-square that equal chance exceeds once in 1000 times, by degrees of freedom. Source: any table of the distribution. */
const CRITICAL = new Map([
  [1, 10.828],
  [2, 13.816],
  [3, 16.266],
  [6, 22.458],
]);

/** Asserts that these shares may come from equal chance (p > 0.001). @param what is said where they do not. */
export function expectEqualChance(shares: readonly number[], what: string): void {
  const expected = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const chiSquare = shares.reduce((sum, share) => sum + (share - expected) ** 2 / expected, 0);
  expect(chiSquare, `chi-square of ${shares.join(', ')} ${what}`).toBeLessThan(
    CRITICAL.get(shares.length - 1) ?? 0,
  );
}

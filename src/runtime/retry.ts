import type { Random } from './random.js';

export interface Backoff {
  readonly firstMs: number;
  readonly mostMs: number;
}

/**
 * How long to wait before attempt number `attempt` (1 for the first repetition): doubled each time up to `mostMs`, and
 * drawn from the upper half of that, so that many who were cut off together do not come back together.
 */
export function backoffMs(attempt: number, { firstMs, mostMs }: Backoff, random: Random): number {
  const longest = Math.min(mostMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return longest * (0.5 + random.next() / 2);
}

import { vi } from 'vitest';

/**
 * Asks again and again until the claim holds, that is: until `ask` does not throw, and gives its answer. What it throws
 * last is thrown when the time is over.
 */
export function eventually<T>(ask: () => T | Promise<T>, withinMs = 15_000): Promise<T> {
  return vi.waitFor(ask, { timeout: withinMs, interval: 20 });
}

/** Lets real time pass: for what has to stay as it is, or to stand still, for that long. */
export function pass(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

import { setTimeout as sleep } from 'node:timers/promises';

/** How long it is from one question to the next, in milliseconds. */
const PAUSE_MS = 20;

/**
 * Asks again and again until the claim holds, that is: until `ask` does not throw, and gives its answer. What it throws
 * last is thrown when the time is over.
 */
export async function eventually<T>(ask: () => T | Promise<T>, withinMs = 15_000): Promise<T> {
  const endMs = performance.now() + withinMs;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (performance.now() > endMs) throw error;
    }
    await sleep(PAUSE_MS);
  }
}

/** Lets real time pass: for what has to stay as it is, or to stand still, for that long. */
export function pass(ms: number): Promise<void> {
  return sleep(ms);
}

import { expect, it } from 'vitest';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { Pace } from '../../../src/server/pace.js';

const never = new AbortController().signal;

async function isDoneWithin(clock: VirtualClock, work: Promise<void>, ms: number): Promise<boolean> {
  let isDone = false;
  void work.then(() => (isDone = true));
  await clock.advance(ms);
  return isDone;
}

it('the first items cost no time, and those after them as much as the rate says', async () => {
  const clock = new VirtualClock();
  const pace = new Pace(clock, 1000, 100);
  expect(await isDoneWithin(clock, pace.spend(100, never), 0)).toBe(true);
  const next = pace.spend(50, never);
  expect(await isDoneWithin(clock, next, 49)).toBe(false);
  expect(await isDoneWithin(clock, next, 1)).toBe(true);
});

import { expect, it } from 'vitest';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { evenRate, Pace, portionAt } from '../../../src/server/pace.js';

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

it.each([
  ['spread over the time that there is', 60_000, 2500],
  ['no slower than what is done as it comes', 10, 1000],
  ['no faster than allowed', 1_000_000, 20_000],
])('an even rate is %s', (_, items, perSecond) => {
  expect(evenRate(items, 24_000, 20_000)).toBe(perSecond);
});

it.each([
  [100, 25],
  [1000, 250],
  [20_000, 1000],
])('of %d a second a quarter is worked on in one go, and no more than pays', (perSecond, portion) => {
  expect(portionAt(perSecond)).toBe(portion);
});

it('knows what was worked on', async () => {
  const pace = new Pace(new VirtualClock(), 1000, 100);
  await pace.spend(40, never);
  await pace.spend(2, never);
  expect(pace.spent).toBe(42);
});

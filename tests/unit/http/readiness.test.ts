import { expect, it } from 'vitest';
import { Readiness } from '../../../src/http/readiness.js';
import { holds } from '../../../src/runtime/check.js';
import type { Check } from '../../../src/runtime/check.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';

function counted(clock: VirtualClock, takesMs: number): { readonly readiness: Readiness; calls: number } {
  const count = { calls: 0, readiness: new Readiness(find, clock) };
  async function find(): Promise<readonly Check[]> {
    count.calls += 1;
    await clock.sleep(takesMs);
    return [holds('asked', String(count.calls))];
  }
  return count;
}

it('is found out once for all who ask at the same time', async () => {
  const clock = new VirtualClock();
  const count = counted(clock, 1500);
  const all = Promise.all(Array.from({ length: 50 }, () => count.readiness.checks()));
  await clock.advance(1400);
  const late = count.readiness.checks();
  await clock.advance(100);
  expect([new Set([...(await all), await late]).size, count.calls]).toEqual([1, 1]);
});

it('is found out once a second, however often somebody asks', async () => {
  const clock = new VirtualClock();
  const count = counted(clock, 0);
  for (let ms = 0; ms < 3000; ms += 10) {
    const asked = count.readiness.checks();
    await clock.advance(10);
    await asked;
  }
  expect(count.calls).toBe(3);
});

it('is found out anew after it could not be', async () => {
  const clock = new VirtualClock();
  let isBroken = true;
  const readiness = new Readiness(async () => {
    if (isBroken) throw new Error('a bug');
    return [];
  }, clock);
  await expect(readiness.checks()).rejects.toThrow('a bug');
  isBroken = false;
  await clock.advance(1000);
  expect(await readiness.checks()).toEqual([]);
});

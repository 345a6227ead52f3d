import { expect, it } from 'vitest';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { Looks } from '../../../src/server/looks.js';

const KEY = { portId: '15e2c509-be19-4dfd-a2e0-c08cb1499a3e', chassis: 'cn1' };

/** What Node keeps in a signal for each `AbortSignal.any` that was made of it. */
function dependants(signal: AbortSignal): number {
  const symbol = Object.getOwnPropertySymbols(signal).find((one) => one.description === 'kDependantSignals');
  const held: unknown = symbol === undefined ? undefined : Reflect.get(signal, symbol);
  return typeof held === 'object' && held !== null ? Number(Reflect.get(held, 'size')) : 0;
}

it('a server that waits for looks again and again holds no more memory than at the first', async () => {
  const clock = new VirtualClock();
  const stop = new AbortController();
  const looks = new Looks();
  for (let n = 0; n < 10; n++) {
    looks.schedule([KEY], clock.monotonicMs());
    const next = looks.next(clock, stop.signal);
    await clock.advance(50);
    await expect(next).resolves.toMatchObject([{ keys: [KEY], step: 0 }]);
  }
  expect(dependants(stop.signal)).toBe(0);
});

it('all that is due is looked at together, so that looks keep up with however many commits there are', async () => {
  const clock = new VirtualClock();
  const looks = new Looks();
  for (let n = 0; n < 100; n++) {
    looks.schedule([{ ...KEY, chassis: `cn${n}` }], clock.monotonicMs());
    await clock.advance(1);
  }
  const due = await looks.next(clock, new AbortController().signal);
  expect(due.map(({ keys }) => keys[0]?.chassis)).toEqual(Array.from({ length: 51 }, (_, n) => `cn${n}`));
});

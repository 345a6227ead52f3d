import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shrink } from '../../../src/simulator/histories/shrink.js';

it('leaves of a list just what makes it fail', async () => {
  const needed = fc.uniqueArray(fc.nat({ max: 199 }), { maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(needed, fc.integer({ min: 200, max: 300 }), async (these, length) => {
      const all = Array.from({ length }, (_, index) => index);
      const fails = async (items: readonly number[]): Promise<boolean> =>
        these.every((item) => items.includes(item));
      expect(await shrink(all, fails)).toEqual([...these].sort((a, b) => a - b));
    }),
  );
});

it('does not try for ever where leaving one out makes another needless', async () => {
  let tries = 0;
  const fails = async (items: readonly number[]): Promise<boolean> => {
    tries += 1;
    return items.length >= 2 && items.includes(0);
  };
  expect(await shrink([0, 1, 2, 3, 4, 5, 6, 7], fails)).toHaveLength(2);
  expect(tries).toBeLessThan(64);
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { corpusOf, editedSample } from '../../fuzz/inputs.js';
import { TARGETS } from '../../fuzz/targets.js';

it.each(Object.entries(TARGETS))(
  'what reads %s takes whatever comes (npm run fuzz tries more)',
  (name, read) => {
    const samples = corpusOf(name);
    for (const sample of samples) read(sample);
    fc.assert(fc.property(editedSample(samples), read), { numRuns: 500 });
  },
);

it('a reader that fails where one digit of a sample is gone is found out', () => {
  const samples = corpusOf('nova');
  const read = (input: Buffer): void => {
    if (/"code":\D/.test(input.toString())) throw new Error('no code');
  };
  const { failed } = fc.check(fc.property(editedSample(samples), read), { numRuns: 20_000, seed: 1 });
  expect(failed).toBe(true);
});

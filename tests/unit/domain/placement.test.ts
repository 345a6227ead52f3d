import { expect, it } from 'vitest';
import { drawOne } from '../../../src/domain/placement.js';

it('draws nobody where there is nobody to draw', () => {
  expect(drawOne<string>([], 0.5)).toBeUndefined();
});

it('gives each candidate an equal part of the range', () => {
  expect([0, 0.33, 0.34, 0.66, 0.67, 0.999].map((draw) => drawOne(['a', 'b', 'c'], draw))).toEqual([
    'a',
    'a',
    'b',
    'b',
    'c',
    'c',
  ]);
});

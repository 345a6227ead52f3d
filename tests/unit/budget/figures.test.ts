import { describe, expect, it } from 'vitest';
import { compare, print, since } from '../../integration/budget/figures.js';

describe('the difference of two counts', () => {
  it('leaves out what did not happen', () => {
    const before = { calls: { publish: 2, adopt: 1 }, envelopes: 7 };
    const after = { calls: { publish: 3, adopt: 1, receive: 1 }, envelopes: 7 };
    expect(since(before, after)).toEqual({ calls: { publish: 1, receive: 1 } });
  });
});

describe('the comparison with a budget', () => {
  it.each([
    [{ select: 3 }, ['select: 3, above the budget of 2']],
    [{ select: 1 }, ['select: 1, below the budget of 2']],
    [{ select: 2, insert: 1 }, ['insert: 1, above the budget of 0']],
    [{}, ['select: 0, below the budget of 2']],
    [{ select: 2 }, []],
  ])('of 2 selects with %j', (measured, lines) => {
    expect(compare({ select: 2 }, measured, {})).toEqual(lines);
  });

  it('names the group of a figure', () => {
    expect(compare({ a: { b: 1 } }, { a: { b: 2 } }, {})).toEqual(['a.b: 2, above the budget of 1']);
  });

  it.each([
    [990, 0],
    [1010, 0],
    [989, 1],
    [1011, 1],
  ])('tolerates a share of the budget: %d bytes for 1,000 give %d lines', (bytes, lines) => {
    expect(compare({ a: { bytes: 1000 } }, { a: { bytes } }, { bytes: 0.01 })).toHaveLength(lines);
  });
});

describe('the file', () => {
  it('has a group on one line, and groups of groups on several', () => {
    expect(print({ a: { b: 1, c: 2 }, d: 'e' })).toBe('{\n  "a": { "b": 1, "c": 2 },\n  "d": "e"\n}');
  });

  it('breaks a line that is too long for prettier', () => {
    const wide = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`a-long-name-${n}`, n]));
    expect(print({ wide }).split('\n')).toHaveLength(13);
  });
});

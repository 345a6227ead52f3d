import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Unreadable,
  optionalInteger,
  optionalText,
  text,
  textMap,
  uuidSet,
} from '../../../src/agent/ovs/values.js';

const words = fc.constantFrom('a', 'b', 'c', 'd');
const sets = fc.uniqueArray(words).map((list) => new Set(list));
const maps = fc
  .dictionary(words, words, { noNullPrototype: true })
  .map((pairs) => new Map(Object.entries(pairs)));

describe('values of columns', () => {
  it('reads a set of one in its bare form as well', () => {
    expect(uuidSet.read(['uuid', 'u1'])).toEqual(new Set(['u1']));
    expect(uuidSet.read(['set', [['uuid', 'u1']]])).toEqual(new Set(['u1']));
    expect(uuidSet.read(['set', []])).toEqual(new Set());
  });

  it('reads an empty set in a column of at most one value as absent', () => {
    expect(optionalInteger.read(['set', []])).toBeUndefined();
    expect(optionalInteger.read(['set', [5]])).toBe(5);
    expect(optionalText.read('up')).toBe('up');
  });

  it.each([
    [text, 1],
    [text, null],
    [optionalText, ['set', ['a', 'b']]],
    [optionalInteger, '5'],
    [optionalInteger, 1.5],
    [uuidSet, 'u1'],
    [uuidSet, ['set', [['named-uuid', 'u1']]]],
    [textMap, {}],
    [textMap, ['map', [['a']]]],
    [textMap, ['map', [['a', 1]]]],
  ])('does not read a value of another form (%#)', (column, wire) => {
    expect(() => column.read(wire)).toThrow(Unreadable);
  });

  it('takes the new value of a column of at most one as it is, also "none"', () => {
    expect(optionalInteger.merge(7, optionalInteger.read(8))).toBe(8);
    expect(optionalInteger.merge(7, optionalInteger.read(['set', []]))).toBeUndefined();
    expect(text.merge('a', 'a')).toBe('a');
  });

  it('gets from one set to any other by their symmetric difference', () => {
    fc.assert(
      fc.property(sets, sets, (before, after) => {
        const difference = new Set(
          [...before, ...after].filter((word) => before.has(word) !== after.has(word)),
        );
        expect(uuidSet.merge(new Set(before), difference)).toEqual(after);
      }),
    );
  });

  it('gets from one map to any other by what ovsdb-server calls their difference: old pairs to go, new pairs to stay', () => {
    fc.assert(
      fc.property(maps, maps, (before, after) => {
        const gone = [...before].filter(([key]) => !after.has(key));
        const come = [...after].filter(([key, value]) => before.get(key) !== value);
        expect(textMap.merge(new Map(before), new Map([...gone, ...come]))).toEqual(after);
      }),
    );
  });
});

import { expect, it } from 'vitest';
import { chassisMatcher } from '../../../src/domain/chassis-globs.js';

it.each([
  [['cn1'], 'cn1', true],
  [['cn1'], 'cn10', false],
  [['cn*'], 'cn10', true],
  [['*'], 'anything.example.org', true],
  [['rack1-*', 'cn7'], 'cn7', true],
  [['cn1.example'], 'cn1xexample', false],
  [['a*c'], 'abcd', false],
  [['cn[1]'], 'cn1', false],
  [['cn[1]*'], 'cn[1]-b', true],
  [[], 'cn1', false],
])('names %j: %s is named: %s', (patterns, chassis, expected) => {
  expect(chassisMatcher(patterns)(chassis)).toBe(expected);
});

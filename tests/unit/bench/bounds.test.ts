import { describe, expect, it } from 'vitest';
import { atLeast, atMost, below, eitherAtLeast, isUsual, lineOf } from '../../../bench/bounds.js';

describe('A bound', () => {
  it.each([
    [atLeast('ratio', 10, 10), true],
    [atLeast('ratio', 9.99, 10), false],
    [atMost('p99Ms', 250, 250), true],
    [atMost('p99Ms', 251, 250), false],
    [below('MB', 300, 300), false],
    [atMost('p99Ms', Number.NaN, 250), false],
    [eitherAtLeast(['perSecond', 7000, 8000], ['ratio', 0.35, 0.35]), true],
    [eitherAtLeast(['perSecond', 7000, 8000], ['ratio', 0.34, 0.35]), false],
  ])('holds at its end, and not beyond: %o', ({ holds }, expected) => {
    expect(holds).toBe(expected);
  });

  it('says in a line what was to be kept, and what came of it', () => {
    expect(lineOf(atMost('p99Ms', 251, 250))).toBe('FAILED: p99Ms ≤ 250: 251');
  });

  it('on speed counts at the usual size, engine and database alone', () => {
    const usual = {
      engine: 'redis',
      db: 'mariadb',
      ports: 50_000,
      chassis: 1000,
      servers: 1,
      runs: 1,
      seed: 1,
    };
    expect(isUsual({ ...usual, engines: undefined })).toBe(true);
    for (const other of [{ engine: 'etcd' }, { db: 'sqlite' }, { ports: 2000 }, { servers: 2 }])
      expect(isUsual({ ...usual, ...other, engines: undefined })).toBe(false);
  });
});

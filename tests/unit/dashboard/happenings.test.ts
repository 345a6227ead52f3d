import { expect, it } from 'vitest';
import { happeningsBetween } from '../../../dashboard/src/happenings.js';
import { listener, overview } from './overviews.js';

it('a server that joins, falls silent, and is taken over is told of, each once', () => {
  const lives = [
    [listener('a')],
    [listener('a'), listener('b')],
    [listener('a'), listener('b', 'late')],
    [listener('a'), listener('b', 'lapsed', 12)],
    [listener('a')],
  ].map((listeners, second) => overview(second * 1000, { listeners }));
  const told = lives.slice(1).flatMap((now, index) => happeningsBetween(lives[index] ?? now, now));
  expect(told.map(({ what, isBad }) => [what, isBad])).toEqual([
    ['b joined and gets its share', false],
    ['b is late: nothing was heard of it for half its ttl', false],
    ['b is lapsed: others take over the 12 reports in its topic', true],
    ['b is gone, and its topic was taken over', true],
  ]);
});

it('a server that is taken over between two looks is told of as that', () => {
  const [before, after] = [overview(0, { listeners: [listener('a', 'late')] }), overview(1000)];
  expect(happeningsBetween(before, after)).toMatchObject([
    { what: 'a is gone, and its topic was taken over', isBad: true },
  ]);
});

it('a server that was told to leave is no bad news, a pause is', () => {
  const before = overview(0, { listeners: [listener('a', 'draining')] });
  expect(happeningsBetween(before, overview(1000, { isPaused: true }))).toMatchObject([
    { what: 'a left', isBad: false },
    { what: 'writing was paused', isBad: true },
  ]);
});

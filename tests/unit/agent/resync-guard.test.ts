import { expect, it } from 'vitest';
import { holdAfterDump, isMass, ripeInMs } from '../../../src/agent/resync-guard.js';
import type { Hold } from '../../../src/agent/resync-guard.js';

const POLICY = { maxDown: 2, maxDownPercent: 20, holdMs: 1000 };

function hold(...ports: readonly string[]): Hold {
  return { id: 'old', ports: new Set(ports), sinceMs: 0, beganMs: 0 };
}

function begin(ports: readonly string[]): Hold {
  return { id: 'new', ports: new Set(ports), sinceMs: 7, beganMs: 7 };
}

it.each([
  { down: 2, known: 2, held: false, why: 'no more than maxDown' },
  { down: 3, known: 15, held: false, why: 'exactly maxDownPercent' },
  { down: 3, known: 14, held: true, why: 'more than both' },
  { down: 3, known: 100, held: false, why: 'many, but a small part' },
  { down: 0, known: 0, held: false, why: 'an empty chassis' },
])('holds $down of $known ports: $held ($why)', ({ down, known, held }) => {
  expect(isMass(down, known, POLICY)).toBe(held);
});

it('holds every port that a mass DOWN would turn', () => {
  const after = holdAfterDump({ falling: ['a', 'b', 'c'], known: 3, nowMs: 0 }, undefined, POLICY, begin);
  expect(after).toEqual(begin(['a', 'b', 'c']));
});

it('holds nothing where few ports fall', () => {
  expect(
    holdAfterDump({ falling: ['a', 'b'], known: 2, nowMs: 0 }, undefined, POLICY, begin),
  ).toBeUndefined();
});

it('keeps a hold that is too young, without the ports that are back', () => {
  const after = holdAfterDump(
    { falling: ['a', 'b'], known: 4, nowMs: 999 },
    hold('a', 'b', 'c'),
    POLICY,
    begin,
  );
  expect(after).toEqual(hold('a', 'b'));
});

it('ends a hold whose ports are all back', () => {
  expect(
    holdAfterDump({ falling: [], known: 3, nowMs: 1 }, hold('a', 'b', 'c'), POLICY, begin),
  ).toBeUndefined();
});

it('lets go what a dump confirms after holdMs, however many they are', () => {
  const fall = { falling: ['a', 'b', 'c'], known: 3, nowMs: 1000 };
  expect(holdAfterDump(fall, hold('a', 'b', 'c'), POLICY, begin)).toBeUndefined();
});

it('says a few more that fall while others are held', () => {
  const fall = { falling: ['a', 'b', 'c', 'x'], known: 9, nowMs: 10 };
  expect(holdAfterDump(fall, hold('a', 'b', 'c'), POLICY, begin)).toEqual(hold('a', 'b', 'c'));
});

it('makes a new hold of a second mass, so that the approval of the first does not let it go', () => {
  const fall = { falling: ['a', 'b', 'c', 'x', 'y', 'z'], known: 6, nowMs: 10 };
  expect(holdAfterDump(fall, hold('a', 'b', 'c'), POLICY, begin)).toEqual(
    begin(['a', 'b', 'c', 'x', 'y', 'z']),
  );
});

it('tells how long it takes until a dump may confirm the hold', () => {
  expect([0, 400, 1000, 5000].map((nowMs) => ripeInMs(hold('a'), POLICY, nowMs))).toEqual([1000, 600, 0, 0]);
});

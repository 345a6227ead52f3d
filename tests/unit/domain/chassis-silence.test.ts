import { describe, expect, it } from 'vitest';
import { chassisStateOf, judgeSilence } from '../../../src/domain/chassis-silence.js';
import type { ObservedChassis } from '../../../src/domain/chassis-silence.js';

describe('the state of a chassis', () => {
  it.each([
    [0, 'live'],
    [3000, 'live'],
    [3001, 'late'],
    [29_999, 'late'],
    [30_000, 'lapsed'],
    [-5000, 'live'],
  ])('that was heard of %d ms ago is %s', (ageMs, state) => {
    expect(chassisStateOf(ageMs, { heartbeatMs: 1000, lapsedAfterMs: 30_000 })).toBe(state);
  });
});

const POLICY = { downAfterMs: 30_000, downMostPercent: 10 };

function chassis(name: string, more: Partial<ObservedChassis> = {}): ObservedChassis {
  return { chassis: name, silentMs: 0, isApproved: false, standing: 'at stake', ...more };
}

/** So many chassis that speak, and these. */
function among(speaking: number, ...others: readonly ObservedChassis[]): readonly ObservedChassis[] {
  return [...Array.from({ length: speaking }, (_, number) => chassis(`live-${number}`)), ...others];
}

const silent = (name: string, more: Partial<ObservedChassis> = {}): ObservedChassis =>
  chassis(name, { silentMs: 30_000, ...more });

describe('of all chassis', () => {
  it.each<[string, readonly ObservedChassis[], { dead: readonly string[]; held: readonly string[] }]>([
    ['nobody is dead where all speak', among(3), { dead: [], held: [] }],
    ['one that is silent is dead, though it is all there is', [silent('a')], { dead: ['a'], held: [] }],
    ['none is dead a moment before', among(9, chassis('a', { silentMs: 29_999 })), { dead: [], held: [] }],
    [
      'as many as the share allows are dead',
      among(18, silent('a'), silent('b')),
      { dead: ['a', 'b'], held: [] },
    ],
    ['more are held', among(17, silent('a'), silent('b')), { dead: [], held: ['a', 'b'] }],
    [
      'those that will be silent in a moment count',
      among(17, silent('a'), chassis('b', { silentMs: 15_000 })),
      { dead: [], held: ['a'] },
    ],
    [
      'those that missed little do not',
      among(17, silent('a'), chassis('b', { silentMs: 14_999 })),
      { dead: ['a'], held: [] },
    ],
    [
      'one that was let go is not dead again, and counts',
      among(17, silent('a'), silent('b', { standing: 'let go' })),
      { dead: [], held: ['a'] },
    ],
    [
      'one that has nothing to lose is neither dead nor counts',
      among(17, silent('a'), silent('b', { standing: 'spent' })),
      { dead: ['a'], held: [] },
    ],
    [
      'the approved is dead although the others are held',
      among(0, silent('a'), silent('b', { isApproved: true })),
      { dead: ['b'], held: ['a'] },
    ],
    [
      'an approval makes nobody dead who is not silent for long enough',
      among(3, chassis('a', { silentMs: 29_999, isApproved: true })),
      { dead: [], held: [] },
    ],
  ])('%s', (_what, all, judgement) => {
    expect(judgeSilence(all, POLICY)).toEqual(judgement);
  });
});

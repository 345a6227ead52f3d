import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatRevision, isNewer, nextRevision, parseRevision } from '../../../src/domain/revision.js';

const NOW_MS = 1_795_405_481_123;
const revision = fc.integer({ min: 0, max: 9_000_000_000_000_000 });
const moment = fc.record({ epoch: fc.nat({ max: 3 }), revision: fc.nat({ max: 3 }) });

describe('The next revision', () => {
  it("is the chassis' clock in microseconds", () => {
    expect(nextRevision(0, NOW_MS)).toBe(1_795_405_481_123_000);
  });

  it('counts on where two reports fall into one microsecond', () => {
    expect(nextRevision(1_795_405_481_123_000, NOW_MS)).toBe(1_795_405_481_123_001);
  });

  it('counts on from the greatest when the clock was set back by a day', () => {
    const greatest = nextRevision(0, NOW_MS);

    expect(nextRevision(greatest, NOW_MS - 86_400_000)).toBe(greatest + 1);
  });

  it('is a whole number greater than the one before, whatever the clock says', () => {
    fc.assert(
      fc.property(revision, fc.double({ min: 0, max: 4e12, noNaN: true }), (greatest, nowMs) => {
        const next = nextRevision(greatest, nowMs);
        expect(next).toBeGreaterThan(greatest);
        expect(Number.isSafeInteger(next)).toBe(true);
      }),
    );
  });
});

describe('A revision as text', () => {
  it('has 16 digits', () => {
    expect(formatRevision(42)).toBe('0000000000000042');
  });

  it('reads back as the same number', () => {
    fc.assert(fc.property(revision, (number) => parseRevision(formatRevision(number)) === number));
  });

  it('sorts as its number does', () => {
    fc.assert(fc.property(revision, revision, (a, b) => formatRevision(a) < formatRevision(b) === a < b));
  });

  it.each(['', '42', '-000000000000042', '00000000000000042', '000000000000004x', ' 000000000000042'])(
    '%j is none',
    (text) => {
      expect(parseRevision(text)).toBeUndefined();
    },
  );
});

describe('A report is newer', () => {
  it.each([
    { a: [1, 5], b: [1, 4], newer: true },
    { a: [1, 5], b: [1, 5], newer: false },
    { a: [1, 4], b: [1, 5], newer: false },
    { a: [2, 1], b: [1, 9], newer: true },
    { a: [1, 9], b: [2, 1], newer: false },
  ] as const)('(epoch, revision) $a than $b: $newer', ({ a, b, newer }) => {
    const at = ([epoch, number]: readonly [number, number]) => ({ epoch, revision: number });

    expect(isNewer(at(a), at(b))).toBe(newer);
  });

  it('than another, or the other is newer, or both are the same moment', () => {
    fc.assert(
      fc.property(moment, moment, (a, b) => {
        const isSame = a.epoch === b.epoch && a.revision === b.revision;
        expect([isNewer(a, b), isNewer(b, a), isSame].filter(Boolean)).toHaveLength(1);
      }),
    );
  });
});

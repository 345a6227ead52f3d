import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom, systemRandom } from '../../../src/runtime/random.js';
import type { Random } from '../../../src/runtime/random.js';

const CELLS = 100;
const DRAWS = 100_000;

/**
 * Pearson's chi-square of draws over equal cells; 99 degrees of freedom.
 *
 * Even draws stay below 148.2 and above 61.1 in 999 of 1000 cases each (tables of the distribution).
 */
function chiSquare(cellOf: () => number): number {
  const counts = new Array<number>(CELLS).fill(0);
  for (let draw = 0; draw < DRAWS; draw++) {
    const cell = cellOf();
    counts[cell] = (counts[cell] ?? 0) + 1;
  }
  const expected = DRAWS / CELLS;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

function draws(random: Random): readonly (number | string)[] {
  return [random.next(), random.id(), random.next(), random.id()];
}

describe('Seeded chance', () => {
  it('gives the same numbers in the same order for the same seed', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        expect(draws(seededRandom(seed))).toEqual(draws(seededRandom(seed)));
      }),
    );
  });

  it('gives other numbers for the next seed', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        expect(draws(seededRandom(seed))).not.toEqual(draws(seededRandom(seed + 1)));
      }),
    );
  });

  it('lies in [0, 1)', () => {
    const random = seededRandom(7);
    const numbers = Array.from({ length: 10_000 }, () => random.next());

    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
  });

  it.each([0, 1, 42])('is even from seed %i', (seed) => {
    const random = seededRandom(seed);

    const deviation = chiSquare(() => Math.floor(random.next() * CELLS));

    expect(deviation).toBeGreaterThan(61.1);
    expect(deviation).toBeLessThan(148.2);
  });

  it.each([0, 1, 42])('does not follow its own last number from seed %i', (seed) => {
    const random = seededRandom(seed);
    const tenth = (): number => Math.floor(random.next() * 10);

    const deviation = chiSquare(() => tenth() * 10 + tenth());

    expect(deviation).toBeGreaterThan(61.1);
    expect(deviation).toBeLessThan(148.2);
  });
});

describe.each([
  { name: 'Seeded chance', random: seededRandom(1) },
  { name: "The machine's chance", random: systemRandom },
])('$name', ({ random }) => {
  it('gives ids of 32 hexadecimal digits that do not repeat', () => {
    const ids = Array.from({ length: 1000 }, () => random.id());

    expect(ids.filter((id) => !/^[0-9a-f]{32}$/.test(id))).toEqual([]);
    expect(new Set(ids).size).toBe(1000);
  });
});

describe("The machine's chance", () => {
  it('lies in [0, 1) and is not always the same', () => {
    const numbers = Array.from({ length: 1000 }, () => systemRandom.next());

    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...numbers)).toBeLessThan(1);
    expect(new Set(numbers).size).toBeGreaterThan(900);
  });
});

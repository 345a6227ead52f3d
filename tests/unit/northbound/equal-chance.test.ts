import { describe, expect, it } from 'vitest';
import { sayRange } from '../../../src/northbound/conformance/scene.js';
import { MemoryDatabase } from '../../../src/northbound/memory/database.js';
import { MemoryNorthbound } from '../../../src/northbound/memory/memory-northbound.js';
import type { Northbound } from '../../../src/northbound/northbound.js';
import { SqliteNorthbound } from '../../../src/northbound/sqlite/sqlite-northbound.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { expectEqualChance } from '../../support/chi-square.js';
import { makeSqliteHome } from '../../support/sqlite-fixture.js';

describe.each([2, 3, 4, 7])('over %i listeners', (count) => {
  const seed = 20260100 + count;

  it(`100,000 publications of the memory engine are spread with equal chance (seed ${seed})`, async () => {
    const clock = new VirtualClock();
    const northbound = new MemoryNorthbound(new MemoryDatabase({ clock, random: seededRandom(seed) }));
    expectEqualChance(await countShares(northbound, count, 100_000), `with seed ${seed}`);
  });

  it(`10,000 publications of the sqlite engine are spread with equal chance (seed ${seed})`, async () => {
    const home = makeSqliteHome();
    const options = { clock: new VirtualClock(), random: seededRandom(seed) };
    const northbound = new SqliteNorthbound(home.path, options);
    expectEqualChance(await countShares(northbound, count, 10_000), `with seed ${seed}`);
    await northbound.close();
    home.remove();
  });
});

it('a share that is 2 % too great among 100,000 is found out', () => {
  expect(() => expectEqualChance([51_000, 49_000], 'made up')).toThrow('chi-square');
});

/** Publishes a first report for so many ports and counts how many each listener got. */
async function countShares(northbound: Northbound, listeners: number, draws: number): Promise<number[]> {
  for (let number = 1; number <= listeners; number++) {
    await northbound.join({ id: `n${number}`, ttlMs: 3000, versions: [1], program: '1' });
  }
  const registration = await northbound.registerChassis('cn1');
  for (let first = 1; first <= draws; first += 1000) {
    await northbound.publish(registration, sayRange(first, first + 999));
  }
  return (await northbound.listeners()).map(({ backlog }) => backlog);
}

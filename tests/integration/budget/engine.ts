import type { Northbound } from '../../../src/northbound/northbound.js';
import { SqliteNorthbound } from '../../../src/northbound/sqlite/sqlite-northbound.js';
import type { Opened } from '../../../src/runtime/opened.js';
import { seededRandom } from '../../../src/runtime/random.js';
import type { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { makeSqliteHome } from '../../support/sqlite-fixture.js';
import { NorthboundCount } from './count-northbound.js';

/** A northbound database, and what is asked of it. */
export interface Engine {
  /** The connection of whoever is measured. */
  readonly counted: Northbound;
  /** The connection of all others. */
  readonly uncounted: Northbound;
  readonly count: NorthboundCount;
}

export function openEngine(clock: VirtualClock, opened: Opened): Engine {
  const home = makeSqliteHome();
  opened.add({ close: async () => home.remove() });
  const open = (seed: number): Northbound =>
    opened.add(new SqliteNorthbound(home.path, { clock, random: seededRandom(seed) }));
  const count = new NorthboundCount();
  opened.add({ close: async () => count.end() });
  return { counted: count.reach(open(4)), uncounted: open(5), count };
}

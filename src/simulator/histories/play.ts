import { seededRandom } from '../../runtime/random.js';
import { Tally } from './crash-table.js';
import { drawHistory } from './draw.js';
import { complaintsAbout } from './oracle.js';
import type { Stage, Step } from './world.js';

/** Plays a history. @returns what is wrong with how it went; the same every time. */
export async function playHistory(
  stage: Stage,
  steps: readonly Step[],
  tally = new Tally(),
): Promise<readonly string[]> {
  const world = await stage.play(tally);
  for (const step of steps) await world.take(step);
  return complaintsAbout(await world.end());
}

/** The history of that seed. */
export function historyOf(seed: number, steps: number): readonly Step[] {
  return drawHistory(seededRandom(seed), steps);
}

import { afterAll, expect, it } from 'vitest';
import { historyOf, playHistory } from '../../../src/simulator/histories/play.js';
import { Stage } from '../../../src/simulator/histories/world.js';

/** `port-status simulate` plays as many as one likes. */
const HISTORIES = 30;
const STEPS = 400;
/** They take some seconds on a core of their own; what shares it with much else may take long and is right. */
const A_HANG_MS = 600_000;

const stage = new Stage();
afterAll(() => stage.close());

it(
  'ends with Neutron as the bound chassis says and Nova told, whatever happens to a cloud',
  async () => {
    for (let seed = 1; seed <= HISTORIES; seed++)
      expect(await playHistory(stage, historyOf(seed, STEPS)), `seed ${seed}`).toEqual([]);
  },
  A_HANG_MS,
);

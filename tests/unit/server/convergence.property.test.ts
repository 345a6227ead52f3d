import { afterAll, expect, inject, it } from 'vitest';
import { historyOf, playHistory } from '../../../src/simulator/histories/play.js';
import { Stage } from '../../../src/simulator/histories/world.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** How many histories are played: see vitest.config.ts. */
    readonly histories: { readonly count: number; readonly steps: number };
  }
}

/** 2,000 histories take about two minutes on a core of their own; what shares it with much else may take long and is right. */
const A_HANG_MS = 3_600_000;

const stage = new Stage();
afterAll(() => stage.close());

it(
  'ends with Neutron as the bound chassis says and Nova told, whatever happens to a cloud',
  async () => {
    const { count, steps } = inject('histories');
    for (let seed = 1; seed <= count; seed++)
      expect(await playHistory(stage, historyOf(seed, steps)), `seed ${seed}`).toEqual([]);
  },
  A_HANG_MS,
);

import fc from 'fast-check';
import { afterAll, expect, inject, it } from 'vitest';
import { complaintsAbout } from './histories/oracle.js';
import { anyHistory } from './histories/steps.js';
import { verbsOfServers } from './histories/servers.js';
import { Stage } from './histories/world.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** How many histories are played, and which: see vitest.config.ts. */
    readonly histories: Readonly<Pick<fc.Parameters<unknown>, 'numRuns' | 'seed' | 'endOnFailure'>>;
  }
}

/** 2,000 histories take about two minutes on a core of their own; what shares it with much else may take long and is right. */
const A_HANG_MS = 3_600_000;

const stage = new Stage();
afterAll(() => stage.close());

it(
  'ends with Neutron as the bound chassis says and Nova told, whatever happens to a cloud',
  async () => {
    const verbs = await verbsOfServers();
    await fc.assert(
      fc.asyncProperty(anyHistory(verbs), async (steps) => {
        const world = await stage.play();
        for (const step of steps) await world.take(step);
        expect(complaintsAbout(await world.end())).toEqual([]);
      }),
      inject('histories'),
    );
  },
  A_HANG_MS,
);

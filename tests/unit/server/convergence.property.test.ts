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

const stage = new Stage();
afterAll(() => stage.close());

it('ends with Neutron as the bound chassis says and Nova told, whatever happens to a cloud', async () => {
  const verbs = await verbsOfServers();
  await fc.assert(
    fc.asyncProperty(anyHistory(verbs), async (steps) => {
      const world = await stage.play();
      for (const step of steps) await world.take(step);
      expect(complaintsAbout(await world.end())).toEqual([]);
    }),
    inject('histories'),
  );
}, 600_000);

import assert from 'node:assert/strict';
import { adoptCases } from './adopt-cases.js';
import { chassisCases } from './chassis-cases.js';
import type { EngineFixture, Fault } from './fixture.js';
import { cutCases, lossCases, rollBackCases } from './incarnation-cases.js';
import { listenerCases } from './listener-cases.js';
import { listingCases } from './listing-cases.js';
import { publishCases } from './publish-cases.js';
import { receiveCases } from './receive-cases.js';
import { Scene } from './scene.js';
import type { Cases } from './scene.js';
import { cutTraits, traitCases } from './trait-cases.js';
import { wakeUpCases } from './wake-up-cases.js';

export type { EngineFixture, Fault } from './fixture.js';

export interface ConformanceOptions {
  /** The test runner's `test` or `it`. */
  readonly test: (name: string, run: () => Promise<void>) => void;
  /** Makes an empty database; each test has one of its own. */
  readonly engine: () => Promise<EngineFixture>;
  /** Faults that the fixture can bring about. What an engine can not be made to do is not tested. */
  readonly faults: readonly Fault[];
}

/**
 * Tests an engine against what the Northbound interface promises: one call defines all tests.
 *
 * Example: `conformance({ test: it, engine: openRedisFixture, faults: ['cut', 'loseEverything'] })`
 */
export function conformance({ test, engine, faults }: ConformanceOptions): void {
  for (const [name, run] of Object.entries(selectCases(faults))) {
    test(name, async () => {
      const scene = new Scene(await engine());
      try {
        await run(scene);
      } finally {
        await scene.end();
      }
    });
  }
}

function selectCases(faults: readonly Fault[]): Cases {
  return {
    ...publishCases,
    ...receiveCases,
    ...listenerCases,
    ...chassisCases,
    ...adoptCases,
    ...listingCases,
    ...wakeUpCases,
    ...traitCases,
    ...(faults.includes('cut') ? { ...cutCases, ...cutTraits } : {}),
    ...(faults.includes('loseEverything') ? lossCases : {}),
    ...(faults.includes('rollBack') ? rollBackCases : {}),
    'the fixture brings about exactly the faults that it declares': async ({ fixture }) => {
      assert.deepEqual(Object.keys(fixture.faults).sort(), [...faults].sort());
    },
  };
}

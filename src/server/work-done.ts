import type { Counter } from 'prom-client';
import type { WorkDone } from '../northbound/northbound.js';
import type { ServerParts } from './session.js';

/** Counts from now on for how long the program runs, and tells it with what `/metrics` has counted. */
export function workCounter({
  clock,
  metrics,
}: Pick<ServerParts, 'clock' | 'metrics'>): () => Promise<WorkDone> {
  const beganAtMs = clock.monotonicMs();
  return async () => ({
    forMs: Math.floor(clock.monotonicMs() - beganAtMs),
    received: await valueOf(metrics.received),
    written: await valueOf(metrics.written),
    told: await valueOf(metrics.novaTold),
  });
}

/** Over all its labels. */
async function valueOf(counter: Counter): Promise<number> {
  const { values } = await counter.get();
  return values.reduce((sum, { value }) => sum + value, 0);
}

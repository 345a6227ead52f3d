import type { Neutron } from '../neutron/neutron.js';
import { openDatabase } from '../neutron/open.js';
import { createNeutron } from '../neutron/sql/store.js';
import type { Clock } from '../runtime/clock.js';
import type { Metrics } from '../runtime/metrics.js';
import type { Random } from '../runtime/random.js';

interface Opening {
  readonly config: { readonly neutron: { readonly url: string; readonly ledgerSchema: string } };
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
}

/** Opens the database that the configuration names. Connects with the first call. */
export function openNeutron({ config, clock, random, metrics }: Opening): Neutron {
  const { url, ledgerSchema } = config.neutron;
  const onConflict = (): void => metrics.applyRetries.inc();
  return createNeutron(openDatabase(url, ledgerSchema, clock), { clock, random, onConflict });
}

import type { Neutron } from '../neutron/neutron.js';
import { openDatabase } from '../neutron/open.js';
import type { SqlStore } from '../neutron/sql/dialect.js';
import { createNeutron } from '../neutron/sql/store.js';
import type { TlsChoice } from '../neutron/sql/tls.js';
import type { Clock } from '../runtime/clock.js';
import type { Metrics } from '../runtime/metrics.js';
import type { Random } from '../runtime/random.js';

interface Opening {
  readonly config: { readonly neutron: DatabaseConfig };
  readonly clock: Clock;
  readonly random: Random;
  readonly metrics: Metrics;
}

interface DatabaseConfig extends TlsChoice {
  readonly url: string;
  readonly ledgerSchema: string;
}

/** Opens the database that the configuration names, for the server's loops. Connects with the first call. */
export function openNeutron({ config, clock, random, metrics }: Opening): Neutron {
  const onConflict = (): void => metrics.applyRetries.inc();
  return createNeutron(openStore({ config, clock }), { clock, random, onConflict });
}

/** The same, for SQL of one's own. */
export function openStore({ config, clock }: Pick<Opening, 'config' | 'clock'>): SqlStore {
  const { url, ledgerSchema, ...tls } = config.neutron;
  return openDatabase(url, ledgerSchema, clock, tls);
}

import { ApiDesk } from '../../src/http/api-desk.js';
import { readDashboard } from '../../src/http/dashboard.js';
import { Events } from '../../src/http/events.js';
import { Overlook } from '../../src/http/overview.js';
import { startHttp } from '../../src/http/start-http.js';
import type { Neutron } from '../../src/neutron/neutron.js';
import type { Northbound } from '../../src/northbound/northbound.js';
import { systemClock } from '../../src/runtime/clock.js';
import { silentLogger } from '../../src/runtime/logger.js';
import { createMetrics } from '../../src/runtime/metrics.js';
import type { Metrics } from '../../src/runtime/metrics.js';
import { samplesOf } from '../../src/runtime/samples.js';

/** API and page as a server has them, without its loops. */
export interface ServedPage {
  /** Ends with a slash. */
  readonly url: string;
  readonly metrics: Metrics;
  close(): Promise<void>;
}

/** Serves what these databases have, as a server named n1. */
export async function servePage(
  databases: { readonly northbound: Northbound; readonly neutron: Neutron },
  heartbeatMs = 5000,
): Promise<ServedPage> {
  const rules = { heartbeatMs, downAfterMs: undefined, downMostPercent: undefined };
  const sources = { ...databases, rules, novaWaitsMs: 300_000 };
  const parts = { clock: systemClock, logger: silentLogger };
  const metrics = createMetrics();
  const { registry } = metrics;
  const overlook = new Overlook({
    ...sources,
    ...parts,
    server: 'n1',
    readMetrics: () => samplesOf(registry),
  });
  const api = new ApiDesk(sources, new Events({ ...parts, look: () => overlook.look() }));
  const served = { ...parts, registry, checks: async () => [], api, dashboard: readDashboard() };
  const endpoint = await startHttp({ ...served, listen: '127.0.0.1:0' });
  return { url: `http://${String(endpoint.address)}/`, metrics, close: () => endpoint.close() };
}

import { ApiDesk } from '../http/api-desk.js';
import { readDashboard } from '../http/dashboard.js';
import { Events } from '../http/events.js';
import { Overlook } from '../http/overview.js';
import { startHttp } from '../http/start-http.js';
import { openDatabase } from '../neutron/open.js';
import { createNeutron } from '../neutron/sql/store.js';
import type { Clock } from '../runtime/clock.js';
import type { Logger } from '../runtime/logger.js';
import type { Opened } from '../runtime/opened.js';
import type { Random } from '../runtime/random.js';
import type { Backstage } from '../simulator/demo/demo.js';

export interface DemoPageParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** VMs that one press of the button boots. */
const CROWD = 1000;

/** How a demo's chassis and boots are judged: by the defaults. */
const RULES = { heartbeatMs: 5000, downAfterMs: undefined, downMostPercent: undefined };
const NOVA_WAITS_MS = 300_000;

/**
 * Serves the page that a server serves, for all servers of a demo, and with buttons that kill a server and boot VMs.
 *
 * @returns its address.
 */
export async function openDemoPage(
  backstage: Backstage,
  parts: DemoPageParts,
  opened: Opened,
): Promise<string> {
  const { northbound } = backstage;
  const { clock, logger } = parts;
  const neutron = opened.add(createNeutron(openDatabase(backstage.neutronUrl, 'port_status', clock), parts));
  const sources = { northbound, neutron, rules: RULES, novaWaitsMs: NOVA_WAITS_MS };
  const overlook = new Overlook({ ...sources, clock, readMetrics: async () => backstage.samples() });
  const api = new ApiDesk(sources, new Events({ look: () => overlook.look(), clock, logger }));
  const controls = new Map([
    ['/demo/kill', () => backstage.kill()],
    ['/demo/boot', async () => backstage.boot(CROWD)],
  ]);
  const served = { logger, api, dashboard: readDashboard(), controls };
  const endpoint = opened.add(await startHttp({ ...served, listen: '127.0.0.1:0' }));
  return `http://${String(endpoint.address)}/`;
}

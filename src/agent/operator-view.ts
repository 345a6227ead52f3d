import type { ReportedStatus } from '../domain/report.js';
import type { Logger } from '../runtime/logger.js';
import type { Metrics } from '../runtime/metrics.js';
import type { Outbasket } from './outbasket.js';
import type { HoldChange, Resync } from './witness.js';

/** Where an operator looks. */
interface Operator {
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Says once what is held and what to do about it; how many ports are left of it is in the metric. */
export function showHold(
  { hold, before }: HoldChange,
  { chassis, metrics, logger }: Operator & { readonly chassis: string },
): void {
  const ports = hold?.ports.size ?? 0;
  metrics.agentHeld.set(ports);
  if (hold === undefined) logger.info({ event: 'guard.released', chassis }, 'nothing is held back any more');
  else if (hold.id !== before?.id)
    logger.warn(
      { event: 'guard.held', chassis, ports },
      `held back: so many ports turned DOWN at once; look at the switch, then run "port-status approve ${chassis}", or wait for a later dump to confirm it`,
    );
}

/** Says what a comparison of the switch found. */
export function showResync({ cause, ports, falling }: Resync, { metrics, logger }: Operator): void {
  metrics.agentResyncs.inc({ cause });
  logger.info({ event: 'agent.resynced', cause, ports, falling }, 'compared the switch with what was said');
}

const STATUSES: readonly ReportedStatus[] = ['ACTIVE', 'DOWN', 'ERROR'];

/** Counts the ports that are on the switch. */
export function showPorts(basket: Outbasket, metrics: Metrics): void {
  const there = basket.ports.filter(({ isGone }) => isGone !== true);
  for (const status of STATUSES)
    metrics.agentPorts.set({ status }, there.filter((port) => port.status === status).length);
}

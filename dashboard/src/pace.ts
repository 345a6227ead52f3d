import type { Overview } from '../../src/http/overview.js';
import { arrivals, flowsOf, sharesOf, sumOfFlows } from './flow.js';
import type { Accounts, Flow } from './flow.js';
import { latenciesBetween } from './latencies.js';
import type { Latencies } from './latencies.js';

/** How fast everything goes. */
export interface Pace extends Latencies {
  /** Reports a second that came into topics. */
  readonly arrived: number;
  /** Of all servers together. */
  readonly all: Flow;
  readonly byServer: ReadonlyMap<string, Flow>;
  /** Each server's part of the work, from 0 to 1. */
  readonly shares: ReadonlyMap<string, number>;
}

export function paceOf(accounts: Accounts, before: Overview, now: Overview): Pace {
  const byServer = flowsOf(accounts, now.listeners);
  const all = sumOfFlows(byServer.values());
  return {
    arrived: arrivals(all, before, now),
    all,
    byServer,
    shares: sharesOf(accounts, now.listeners),
    ...latenciesBetween(before, now),
  };
}

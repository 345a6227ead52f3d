import type { AgentOptions } from '../../../src/agent/agent.js';
import { OPTIONS } from '../../../src/config/options.js';
import type { ServerOptions } from '../../../src/server/session.js';

/** A server that may write everything, and for the rest has what no operator has set. */
export const SERVER_DEFAULTS: ServerOptions = {
  id: 'controller-1',
  program: '0.1.0',
  lease: {
    ttlMs: OPTIONS['listener.ttlMs'].default,
    heartbeatMs: OPTIONS['listener.heartbeatMs'].default,
  },
  batch: OPTIONS['apply.batch'].default,
  policy: { drivers: new Set(['openvswitch']), buildGraceMs: OPTIONS['neutron.buildGraceMs'].default },
  willWrite: true,
  mayWrite: () => true,
  lookEveryMs: OPTIONS['lookAgain.everyMs'].default,
  reconcileEveryMs: OPTIONS['reconcile.everyMs'].default,
  reconcileRate: OPTIONS['reconcile.rate'].default,
  settleEveryMs: OPTIONS['settle.everyMs'].default,
  settle: {
    helpsForMs: OPTIONS['nova.vif_plugging_timeout'].default * 1000,
    backoffMs: { first: 250, most: 15_000 },
    refusedAttempts: 5,
  },
  wireGreatest: OPTIONS['wire.greatest'].default,
  quarantineMax: OPTIONS['quarantine.max'].default,
  leastOfCall: 2,
};

export const AGENT_DEFAULTS: AgentOptions = {
  heartbeatMs: OPTIONS['agent.heartbeatMs'].default,
  batch: OPTIONS['agent.batch'].default,
  guard: {
    maxDown: OPTIONS['guard.maxDown'].default,
    maxDownPercent: OPTIONS['guard.maxDownPercent'].default,
    holdMs: OPTIONS['guard.holdMs'].default,
  },
  backoff: { firstMs: 100, mostMs: 5000 },
  version: '0.1.0',
  wireGreatest: OPTIONS['wire.greatest'].default,
};

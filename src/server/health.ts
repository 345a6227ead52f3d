import type { Metrics } from '../runtime/metrics.js';

/** What the server knows of itself and of those it depends on, as /readyz shows it. */
export interface Health {
  joined: boolean;
  paused: boolean;
  /** Why a dependency does not work now, by its name. */
  readonly outages: Map<string, string>;
}

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export function newHealth(): Health {
  return { joined: false, paused: false, outages: new Map() };
}

/** Notes that a dependency works, or why it does not. */
export function noteDependency(health: Health, metrics: Metrics, name: string, failure?: string): void {
  metrics.connected.set({ to: name }, failure === undefined ? 1 : 0);
  if (failure === undefined) health.outages.delete(name);
  else health.outages.set(name, failure);
}

export function healthChecks(health: Health): readonly Check[] {
  return [
    {
      name: 'joined',
      ok: health.joined,
      detail: health.joined ? 'registered as a listener' : 'not registered yet',
    },
    ...['northbound', 'neutron', 'nova'].map((name) => {
      const failure = health.outages.get(name);
      return { name, ok: failure === undefined, detail: failure ?? 'answers' };
    }),
    { name: 'paused', ok: true, detail: health.paused ? 'an operator has paused all writing' : 'no' },
  ];
}

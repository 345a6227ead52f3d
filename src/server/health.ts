import type { Metrics } from '../runtime/metrics.js';

/** What the server knows of itself and of those it depends on, as /readyz shows it. */
export interface Health {
  joined: boolean;
  paused: boolean;
  /** Neutron's migration heads when its columns were checked last; absent before the first sweep. */
  heads?: string | undefined;
  /** Whether Neutron's tables were migrated and not checked since: nothing is written meanwhile. */
  isMigrated: boolean;
  readonly outages: Outages;
}

/**
 * What does not work now: by dependency, and by the call that found it. A dependency works again when none of its calls
 * fails any more: one that may still read says nothing for another that may not write.
 */
export class Outages {
  readonly #failures = new Map<string, Map<object, string>>();

  /** Notes why a call fails. Whether it is the only one. */
  begin(dependency: string, call: object, why: string): boolean {
    const failures = this.#failures.get(dependency) ?? new Map<object, string>();
    const isFirst = failures.size === 0;
    this.#failures.set(dependency, failures.set(call, why));
    return isFirst;
  }

  /** Notes that a call no longer fails, or was given up. Whether it was the last that did. */
  end(dependency: string, call: object): boolean {
    const failures = this.#failures.get(dependency);
    return failures?.delete(call) === true && failures.size === 0;
  }

  /** Why the dependency does not work, or undefined where it does. */
  why(dependency: string): string | undefined {
    return this.#failures.get(dependency)?.values().next().value;
  }
}

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export function newHealth(): Health {
  return { joined: false, paused: false, isMigrated: false, outages: new Outages() };
}

/** Shows whether a dependency works. */
export function showDependency({ outages }: Health, metrics: Metrics, name: string): void {
  metrics.connected.set({ to: name }, outages.why(name) === undefined ? 1 : 0);
}

export function healthChecks(health: Health): readonly Check[] {
  return [
    {
      name: 'joined',
      ok: health.joined,
      detail: health.joined ? 'registered as a listener' : 'not registered yet',
    },
    ...['northbound', 'neutron', 'nova', 'quarantine'].map((name) => {
      const failure = health.outages.why(name);
      return {
        name,
        ok: failure === undefined,
        detail: failure ?? (name === 'quarantine' ? 'has room' : 'answers'),
      };
    }),
    { name: 'paused', ok: true, detail: health.paused ? 'an operator has paused all writing' : 'no' },
  ];
}

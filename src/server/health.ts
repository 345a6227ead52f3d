import type { Membership, TopicLoad } from '../northbound/northbound.js';
import type { Metrics } from '../runtime/metrics.js';

/** The registration that a server works in, as its loops left it. */
export interface Registration {
  readonly member: Membership;
  /** When it was known to be made, by the monotonic clock. */
  readonly sinceMs: number;
  /** When the last heartbeat that was acknowledged had been sent, or the join; by the monotonic clock. */
  keptAtMs: number;
  /** What the last that was answered said of the topic, and when; absent before the first. */
  load?: (TopicLoad & { readonly atMs: number }) | undefined;
  /** When reports were asked for last, and when that call came back; the first counts from the join. */
  readonly receive: { askedAtMs: number; cameBackAtMs: number };
}

/** What the server knows of itself and of those it depends on: what `/readyz` is judged by. */
export interface Health {
  /** Absent while there is none. */
  registration?: Registration | undefined;
  paused: boolean;
  /** Neutron's migration heads when its columns were checked last; absent before the first sweep. */
  heads?: string | undefined;
  /** Whether Neutron's tables were migrated and not checked since: nothing is written meanwhile. */
  isMigrated: boolean;
  readonly outages: Outages;
  /** When each dependency answered last, by the monotonic clock. */
  readonly answeredAtMs: Map<string, number>;
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

export function newHealth(): Health {
  return { paused: false, isMigrated: false, outages: new Outages(), answeredAtMs: new Map() };
}

/** Shows whether a dependency works. */
export function showDependency({ outages }: Health, metrics: Metrics, name: string): void {
  metrics.connected.set({ to: name }, outages.why(name) === undefined ? 1 : 0);
}

import type { SwitchLook } from '../../agent/ovs/switch-look.js';
import type { Diagnosis, StoredState } from '../../neutron/diagnosis.js';
import type { ChassisView, ListenerView } from '../../northbound/northbound.js';

/** What a host runs, as far as its configuration says. */
export type Role = 'server' | 'agent';

/** All that checks decide upon, by where it comes from. */
export interface Facts {
  readonly configuration: ConfigurationFacts;
  readonly northbound: NorthboundFacts;
  /** Neutron's database. */
  readonly database: Diagnosis;
  /** What stands in it: the ledger's rows and Neutron's. */
  readonly stored: StoredState;
  readonly nova: { readonly endpoint: string };
  readonly switch: SwitchFacts;
}

export interface ConfigurationFacts {
  readonly roles: readonly Role[];
  /** A line each, that ends with the next step. */
  readonly problems: readonly string[];
  /** This program's version. */
  readonly version: string;
  /** Whether ports of this chassis may be written: none in observe mode. */
  readonly mayWrite: (chassis: string) => boolean;
}

export interface NorthboundFacts {
  readonly listeners: readonly ListenerView[];
  readonly chassis: readonly ChassisView[];
  /** Silent chassis whose ports keep their status, because so many are silent; none where `chassis.downAfterMs` is not set. */
  readonly kept: readonly string[];
}

export interface SwitchFacts extends SwitchLook {
  readonly address: string;
  readonly bridge: string;
  /** The ready rule as it is configured. */
  readonly ready: string;
}

export type Source = keyof Facts;

/** What became of asking one source. `why` is one line; that of a failure ends with the next step. */
export type Answer<T> =
  | { readonly kind: 'known'; readonly value: T }
  | { readonly kind: 'skipped'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string };

export type Answers = { readonly [S in Source]: Answer<Facts[S]> };

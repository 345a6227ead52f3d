/** What the load is made of; the argument of its process, as JSON. */
export interface LoadOptions {
  readonly northboundUrl: string;
  readonly chassis: number;
  readonly ports: number;
  /** Connections to the northbound database that the agents share. */
  readonly connections: number;
  readonly heartbeatMs: number;
}

/** What the parent asks of the load. Times are milliseconds since 1970, by the clock of the machine. */
export type Order =
  /** The first ports are plugged, or unplugged, at once; all of them unless said otherwise. */
  | { readonly kind: 'all'; readonly status: 'ACTIVE' | 'DOWN'; readonly ports?: number }
  /**
   * Chassis after chassis plugs fifty of its ports behind that number, so many ports a second,
   * whether or not anybody keeps up.
   */
  | {
      readonly kind: 'boots';
      readonly after: number;
      readonly fromMs: number;
      readonly perSecond: number;
      readonly boots: number;
    }
  /** The first ports change between ACTIVE and DOWN so many times a second each; these are DOWN in the end, others ACTIVE. */
  | {
      readonly kind: 'flap';
      readonly ports: number;
      readonly hertz: number;
      readonly forMs: number;
      readonly down: readonly number[];
    }
  /** All agents end. */
  | { readonly kind: 'stop' }
  /** They start again. */
  | { readonly kind: 'start' };

/** What the load answers: once when every agent has published all, and once after each order. */
export interface Done {
  readonly kind: 'ready' | 'done';
  /** Reports that were published so far. */
  readonly published: number;
}

/** The chassis on which a port of that number, from 1 on, is. */
export function chassisOf(number: number, chassis: number): string {
  return `cn${((number - 1) % chassis) + 1}`;
}

/** Ports that one chassis plugs at once. */
export const AT_ONCE = 50;

/** The number of the port that boots at that turn, from 0 on: see the order `boots`. */
export function bootOf(turn: number, after: number, chassis: number): number {
  const burst = Math.floor(turn / AT_ONCE);
  const round = Math.floor(burst / chassis);
  return after + 1 + (burst % chassis) + chassis * (round * AT_ONCE + (turn % AT_ONCE));
}

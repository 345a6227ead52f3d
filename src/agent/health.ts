/** How one agent stands, as its own loops see it. */
export interface AgentHealth {
  readonly switch: 'up' | 'lost';
  /** Why the switch says nothing; absent while it does. */
  readonly lostReason: string | undefined;
  /** Ports that are recorded on the switch and not confirmed by it: what was last said of them stays. */
  readonly unconfirmed: number;
  readonly northbound: 'up' | 'down';
  /** Ports whose newest report is not stored yet. */
  readonly unpublished: number;
  /** Ports whose DOWN the guard holds back. */
  readonly held: number;
  /** Whether the chassis record says that every port is published. */
  readonly complete: boolean;
}

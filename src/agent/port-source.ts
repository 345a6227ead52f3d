import type { Report } from '../domain/report.js';

/** What the switch says of one logical port now. A port that is gone is DOWN, with the attachment it last had. */
export interface SwitchPort extends Pick<Report, 'portId' | 'status' | 'attachment' | 'instance' | 'seen'> {
  /** True where the switch no longer has the port: once that is stored, the agent forgets it. Never in a dump. */
  readonly isGone?: boolean | undefined;
}

/** Every logical port of the bridge. What is not in it is gone, but for those of which it says nothing. */
export interface SwitchDump {
  readonly kind: 'dump';
  readonly ports: readonly SwitchPort[];
  /**
   * Ports that are recorded on the switch, but not confirmed by the daemon that drives it: it has not come back yet. What
   * was last said of them stays; a change follows for each as soon as the switch knows. None of them is in `ports`.
   */
  readonly unconfirmed?: readonly string[] | undefined;
  /** True where a row could not be read: it may be any port's, so no port is gone because the dump does not name it. */
  readonly isPartial?: boolean | undefined;
}

/**
 * What a switch tells the agent.
 *
 * - dump: see `SwitchDump`.
 * - change: the ports that changed, each once.
 * - lost: the switch says nothing, because the connection broke or the bridge is not there; a dump follows when it is
 *   back. Silence is no evidence: nothing is reported meanwhile.
 */
export type SwitchUpdate =
  | SwitchDump
  | { readonly kind: 'change'; readonly ports: readonly SwitchPort[] }
  | { readonly kind: 'lost'; readonly reason: string };

/** Where an agent learns what is plugged. Only ever reads: it can not disturb whoever wires the ports. */
export interface PortSource {
  /**
   * Follows the switch until the signal stops it. Reconnects by itself with backoff.
   *
   * Updates wait in memory, merged, while the caller is busy: at most one entry per port.
   *
   * @throws {PortStatusError} UNAVAILABLE when the first connection does not come up in time, RIGHTS when the switch
   *   refuses it; both name the address and the next step. The signal's reason when it is aborted.
   */
  watch(options: { readonly signal: AbortSignal }): AsyncIterable<SwitchUpdate>;

  /** Asks for a new full dump; it comes as the next update of that kind. */
  refresh(): void;

  /**
   * Asks the switch for a sign of life. Resolves when it has answered on the connection over which it is followed, behind
   * all that it said before.
   *
   * @throws {PortStatusError} UNAVAILABLE where it is not followed now, or the connection ends first.
   */
  probe(): Promise<void>;
}

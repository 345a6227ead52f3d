import { COULD_NOT_OPEN } from '../domain/report.js';
import type { SwitchPort } from './port-source.js';

/** What the switch said of a port, and when: milliseconds since 1970 by the chassis' clock. */
export interface Observation extends SwitchPort {
  readonly observedAt: number;
}

interface Entry {
  /** The newest observation. */
  now: Observation;
  /** What is known to be stored; absent where nothing is. */
  said: SwitchPort | undefined;
  /** Whether the northbound database may have a record of the port. */
  wasOffered: boolean;
  /** Whether what is known to be stored needs no report of this round, should the switch say the same. */
  stands: boolean;
  /** The round (see `demandAll`) in which a report was stored last, or found to stand; none where one is owed. */
  round: number;
}

const NO_ROUND = -1;

/**
 * What is to be said of each port, and what was said last.
 *
 * - A port is unpublished when it differs from what was said last in status, attachment or instance, or in an error of the switch.
 * - It stays unpublished until a report of it that is no older than the newest observation is stored, even if it returns
 *   to what was said before: a publish whose outcome is unknown may have stored something else meanwhile.
 * - A port that was not published in this round (see `demandAll`) is unpublished as soon as it is observed, unless the
 *   first observation says what is known to be stored (see `recall`).
 * - A port that is gone is forgotten when that is stored, or when nobody ever heard of it.
 *
 * Lives in memory, one entry per port. After a crash every port is compared with what is stored: nothing is missed.
 */
export class Outbasket {
  readonly #entries = new Map<string, Entry>();
  /** Since when each has waited; those that wait longest come first. */
  readonly #unpublished = new Map<string, number>();
  readonly #nowMs: () => number;
  #round = 0;

  /** @param nowMs by the monotonic clock. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** How many ports wait to be published. */
  get unpublished(): number {
    return this.#unpublished.size;
  }

  /** Since when a port has waited to be published that waits longest; undefined where none waits. */
  get oldestMs(): number | undefined {
    return this.#unpublished.values().next().value;
  }

  /** The newest observation of every port that is remembered. */
  get ports(): readonly Observation[] {
    return [...this.#entries.values()].map(({ now }) => now);
  }

  /** The newest observation of one port. */
  find(portId: string): Observation | undefined {
    return this.#entries.get(portId)?.now;
  }

  /**
   * Takes over what the northbound database has of a port; what is known here stays.
   *
   * @param stands whether nothing can overwrite that any more but we, so that it need not be said again.
   */
  recall(stored: Observation, stands: boolean): void {
    const entry = this.#entries.get(stored.portId) ?? entryOf(stored);
    this.#entries.set(stored.portId, entry);
    entry.wasOffered = true;
    entry.stands = stands;
    if (stands) entry.said = stored;
  }

  /** Records what the switch says of a port. */
  observe(port: Observation): void {
    const { portId } = port;
    const entry = this.#record(port);
    const isStored = entry.said !== undefined && isSaid(entry.said, port);
    if (isStored && entry.stands) this.#letStand(entry);
    else if (!isStored || entry.round !== this.#round) this.#await(portId);
    entry.stands = false;
    if (port.isGone === true && !(entry.wasOffered && this.#unpublished.has(portId))) this.#forget(portId);
  }

  /** Records what the switch says of a port, and says nothing of it until it is demanded or observed again. */
  withhold(port: Observation): void {
    this.#record(port);
    this.#unpublished.delete(port.portId);
  }

  /** Takes back that anything is to be said of a port, until it is observed or demanded again. */
  hush(portId: string): void {
    const entry = this.#entries.get(portId);
    if (entry !== undefined && this.#unpublished.delete(portId)) entry.round = NO_ROUND;
  }

  /** Asks for a report of this port, whatever was said last. */
  demand(portId: string): void {
    if (this.#entries.has(portId)) this.#await(portId);
  }

  /** Begins a round: asks for a report of every port. */
  demandAll(): void {
    this.#round += 1;
    for (const portId of this.#entries.keys()) this.#await(portId);
  }

  /** Whether a report of every port was stored since the round began. */
  isRoundStored(): boolean {
    return [...this.#entries.values()].every(({ round }) => round === this.#round);
  }

  /** The next reports to publish, at most `max`, those that wait longest first. They stay unpublished. */
  take(max: number): readonly Observation[] {
    const entries = [...this.#firstUnpublished(max)];
    for (const entry of entries) entry.wasOffered = true;
    return entries.map(({ now }) => now);
  }

  /** Notes that these reports, as they were taken, are stored. */
  markStored(batch: readonly Observation[]): void {
    for (const report of batch) {
      const entry = this.#entries.get(report.portId);
      if (entry !== undefined) this.#settle(entry, report);
    }
  }

  /** What waits already has waited since then. */
  #await(portId: string): void {
    if (!this.#unpublished.has(portId)) this.#unpublished.set(portId, this.#nowMs());
  }

  #record(port: Observation): Entry {
    const entry = this.#entries.get(port.portId) ?? entryOf(port);
    entry.now = port;
    this.#entries.set(port.portId, entry);
    return entry;
  }

  #letStand(entry: Entry): void {
    entry.round = this.#round;
    this.#unpublished.delete(entry.now.portId);
  }

  *#firstUnpublished(max: number): Iterable<Entry> {
    let left = max;
    for (const portId of this.#unpublished.keys()) {
      const entry = this.#entries.get(portId);
      if (left-- <= 0) return;
      if (entry !== undefined) yield entry;
    }
  }

  #settle(entry: Entry, report: Observation): void {
    const { portId } = report;
    const wasUnpublished = this.#unpublished.delete(portId);
    entry.said = report;
    entry.stands = false;
    entry.round = this.#round;
    if (isSaid(report, entry.now)) this.#forgetGone(entry.now);
    else if (wasUnpublished) this.#await(portId);
  }

  #forgetGone({ portId, isGone }: Observation): void {
    if (isGone === true) this.#forget(portId);
  }

  #forget(portId: string): void {
    this.#entries.delete(portId);
    this.#unpublished.delete(portId);
  }
}

function entryOf(now: Observation): Entry {
  return { now, said: undefined, wasOffered: false, stands: false, round: NO_ROUND };
}

/**
 * Whether what was said of a port says what is so now. A change of attachment alone is a re-plug, and news; so is an error
 * of the switch, which an operator looks for. Other reasons for DOWN follow each other in every plug, and a report of each
 * would meet the BUILD that neutron-openvswitch-agent writes meanwhile.
 */
function isSaid(said: SwitchPort, now: SwitchPort): boolean {
  return (
    said.status === now.status &&
    said.attachment === now.attachment &&
    said.instance === now.instance &&
    (now.seen?.ofport !== COULD_NOT_OPEN || now.seen.detail === said.seen?.detail)
  );
}

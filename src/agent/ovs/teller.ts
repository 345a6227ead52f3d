import { Doorbell } from '../../runtime/doorbell.js';
import type { Clock } from '../../runtime/clock.js';
import type { SwitchDump } from '../port-source.js';
import { Failures } from './failures.js';
import type { RowChange, SwitchImage } from './image.js';
import type { MonitorListener } from './monitor.js';
import type { PendingUpdates } from './pending-updates.js';
import type { PortRules } from './ports.js';
import { SwitchIndex } from './switch-index.js';

export interface TellerParts {
  readonly rules: PortRules;
  readonly pending: PendingUpdates;
  readonly clock: Clock;
  /** Counts an interface or a row that is left alone. */
  readonly ignore: (reason: 'iface-id-no-uuid' | 'unreadable-row') => void;
}

/**
 * Tells the watcher what the rows mean.
 *
 * A bridge that does not exist says nothing: its ports are lost from sight, not gone. Once it is there, or there anew, all
 * of its ports are dumped.
 */
export class Teller implements MonitorListener {
  readonly #parts: TellerParts;
  readonly #failures: Failures;
  readonly #index: SwitchIndex;
  /** Rung when a failure may be due earlier than was known. */
  readonly #failureBell = new Doorbell();
  #isPartial = false;
  /** The bridge's row as of the last look at everything. */
  #bridgeRow: string | undefined;

  constructor(parts: TellerParts) {
    const { rules, clock, ignore } = parts;
    this.#parts = parts;
    this.#failures = new Failures(rules.failAfterMs, () => clock.monotonicMs());
    this.#index = new SwitchIndex(rules, this.#failures, () => ignore('iface-id-no-uuid'));
  }

  synchronized(image: SwitchImage, isPartial: boolean): void {
    this.#isPartial = isPartial;
    this.#index.rebuild(image);
    this.#tellAll();
    this.#failureBell.ring();
  }

  changed(changes: readonly RowChange[], isPartial: boolean): void {
    const ports = this.#index.update(changes);
    const isMended = this.#isPartial && !isPartial;
    this.#isPartial = isPartial;
    if (this.#index.bridgeRow !== this.#bridgeRow || isMended) this.#tellAll();
    else this.#parts.pending.addChanges(ports);
    this.#failureBell.ring();
  }

  unreadable(): void {
    this.#parts.ignore('unreadable-row');
  }

  /** Tells of failures that last too long, as they come due, until the signal stops it. */
  async watchFailures(signal: AbortSignal): Promise<void> {
    const { clock, pending } = this.#parts;
    for (;;) {
      const { dueInMs } = this.#failures;
      if (dueInMs === undefined) await this.#failureBell.wait({ signal });
      else {
        await clock.sleep(dueInMs, { signal });
        pending.addChanges(this.#index.failDue());
      }
    }
  }

  #tellAll(): void {
    const { pending, rules } = this.#parts;
    this.#bridgeRow = this.#index.bridgeRow;
    if (this.#bridgeRow !== undefined) pending.addDump(() => this.#dump());
    else pending.addLoss(explainMissing(rules.bridge));
  }

  #dump(): SwitchDump {
    const { ports, unconfirmed } = this.#index;
    return { kind: 'dump', ports: [...ports.values()], unconfirmed, isPartial: this.#isPartial };
  }
}

function explainMissing(bridge: string): string {
  return `bridge ${bridge} does not exist, so nothing is known of its ports; compare switch.bridge with "ovs-vsctl list-br"`;
}

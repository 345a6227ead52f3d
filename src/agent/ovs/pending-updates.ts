import { Doorbell } from '../../runtime/doorbell.js';
import type { SwitchDump, SwitchPort, SwitchUpdate } from '../port-source.js';

/**
 * What a watcher has not been given yet, merged: at most one entry per port, however busy the watcher is.
 *
 * A dump is read only when it is given, so it holds whatever changed meanwhile; and it makes a loss before it needless,
 * because the switch is back. A loss makes a dump before it void: what it would read is no longer known.
 */
export class PendingUpdates {
  readonly #bell = new Doorbell();
  #dump: (() => SwitchDump) | undefined;
  readonly #changes = new Map<string, SwitchPort>();
  #lostReason: string | undefined;
  #failure: { readonly error: unknown } | undefined;

  /** @param read gives every port of the bridge as of the moment it is called. */
  addDump(read: () => SwitchDump): void {
    this.#dump = read;
    this.#changes.clear();
    this.#lostReason = undefined;
    this.#bell.ring();
  }

  addChanges(ports: readonly SwitchPort[]): void {
    if (this.#dump !== undefined || ports.length === 0) return;
    for (const port of ports) this.#changes.set(port.portId, port);
    this.#bell.ring();
  }

  addLoss(reason: string): void {
    this.#dump = undefined;
    this.#lostReason = reason;
    this.#bell.ring();
  }

  /** The source has failed for good: `take` throws once everything before it was taken. */
  addFailure(error: unknown): void {
    this.#failure = { error };
    this.#bell.ring();
  }

  /** The next update, when there is one. @throws the failure and the signal's reason. */
  async take({ signal }: { readonly signal: AbortSignal }): Promise<SwitchUpdate> {
    for (;;) {
      signal.throwIfAborted();
      const update = this.#takeNow();
      if (update !== undefined) return update;
      if (this.#failure !== undefined) throw this.#failure.error;
      await this.#bell.wait({ signal });
    }
  }

  #takeNow(): SwitchUpdate | undefined {
    return this.#takeDump() ?? this.#takeChanges() ?? this.#takeLoss();
  }

  #takeDump(): SwitchUpdate | undefined {
    const read = this.#dump;
    this.#dump = undefined;
    return read?.();
  }

  #takeChanges(): SwitchUpdate | undefined {
    if (this.#changes.size === 0) return undefined;
    const ports = [...this.#changes.values()];
    this.#changes.clear();
    return { kind: 'change', ports };
  }

  #takeLoss(): SwitchUpdate | undefined {
    const reason = this.#lostReason;
    this.#lostReason = undefined;
    return reason === undefined ? undefined : { kind: 'lost', reason };
  }
}

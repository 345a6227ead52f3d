import type { PortSource, SwitchPort, SwitchUpdate } from '../../agent/port-source.js';
import { PortStatusError } from '../../domain/errors.js';
import { Doorbell } from '../../runtime/doorbell.js';

/** A switch in memory; tells each of its watchers what an OVS source would. */
export class ScriptedSwitch implements PortSource {
  readonly #ports = new Map<string, SwitchPort>();
  readonly #unconfirmed = new Set<string>();
  readonly #watchers = new Set<Watcher>();
  #isConnected = true;
  /** How often a dump was asked for. */
  refreshes = 0;

  get ports(): readonly SwitchPort[] {
    return [...this.#ports.values()];
  }

  find(portId: string): SwitchPort | undefined {
    return this.#ports.get(portId);
  }

  plug(...ports: readonly SwitchPort[]): void {
    for (const port of ports) this.#ports.set(port.portId, port);
    for (const { portId } of ports) this.#unconfirmed.delete(portId);
    this.#tellChange(ports);
  }

  unplug(...portIds: readonly string[]): void {
    const gone = portIds.map((portId) => this.#ports.get(portId)).filter((port) => port !== undefined);
    for (const { portId } of gone) this.#ports.delete(portId);
    for (const { portId } of gone) this.#unconfirmed.delete(portId);
    this.#tellChange(
      gone.map(({ portId, attachment, instance }) => ({
        portId,
        status: 'DOWN',
        attachment,
        instance,
        isGone: true,
      })),
    );
  }

  lose(): void {
    if (!this.#isConnected) return;
    this.#isConnected = false;
    this.#tell({ kind: 'lost', reason: 'the test cut it' });
  }

  reconnect(): void {
    if (this.#isConnected) return;
    this.#isConnected = true;
    this.dump();
  }

  /** Cuts the connection and comes back with every port on record and none confirmed, as after a host's boot. */
  reboot(): void {
    this.lose();
    for (const portId of this.#ports.keys()) this.#unconfirmed.add(portId);
    this.reconnect();
  }

  /** Confirms what a boot left unconfirmed. */
  confirm(): void {
    const confirmed = this.ports.filter(({ portId }) => this.#unconfirmed.delete(portId));
    if (confirmed.length > 0) this.#tellChange(confirmed);
  }

  /** Tells all that is plugged now. */
  dump(): void {
    this.#tell(this.#dumpNow());
  }

  refresh(): void {
    this.refreshes += 1;
    if (this.#isConnected) this.dump();
  }

  async probe(): Promise<void> {
    if (!this.#isConnected) throw new PortStatusError('UNAVAILABLE', 'the test cut it');
  }

  async *watch({ signal }: { readonly signal: AbortSignal }): AsyncIterable<SwitchUpdate> {
    const watcher: Watcher = { bell: new Doorbell(), updates: [] };
    this.#watchers.add(watcher);
    try {
      if (this.#isConnected) tell(watcher, this.#dumpNow());
      while (true) {
        await watcher.bell.wait({ signal });
        yield* watcher.updates.splice(0);
      }
    } finally {
      this.#watchers.delete(watcher);
    }
  }

  #tellChange(ports: readonly SwitchPort[]): void {
    if (this.#isConnected) this.#tell({ kind: 'change', ports });
  }

  #tell(update: SwitchUpdate): void {
    for (const watcher of this.#watchers) tell(watcher, update);
  }

  #dumpNow(): SwitchUpdate {
    const ports = this.ports.filter(({ portId }) => !this.#unconfirmed.has(portId));
    return { kind: 'dump', ports, unconfirmed: [...this.#unconfirmed] };
  }
}

interface Watcher {
  readonly bell: Doorbell;
  readonly updates: SwitchUpdate[];
}

function tell({ bell, updates }: Watcher, update: SwitchUpdate): void {
  updates.push(update);
  bell.ring();
}

import type { PortSource, SwitchPort, SwitchUpdate } from '../../src/agent/port-source.js';
import { Doorbell } from '../../src/runtime/doorbell.js';

/** The switch of one chassis as an agent sees it, in the memory of the agent's own process. */
export class PlayedSwitch implements PortSource {
  readonly #ports = new Map<string, SwitchPort>();
  readonly #changed = new Set<string>();
  readonly #news = new Doorbell();
  #isDumpDue = true;

  /** Plugs, or changes, a port. */
  set(port: SwitchPort): void {
    this.#ports.set(port.portId, port);
    this.#changed.add(port.portId);
    this.#news.ring();
  }

  refresh(): void {
    this.#isDumpDue = true;
    this.#news.ring();
  }

  async probe(): Promise<void> {
    return Promise.resolve();
  }

  async *watch({ signal }: { readonly signal: AbortSignal }): AsyncIterable<SwitchUpdate> {
    this.#isDumpDue = true;
    for (;;) {
      signal.throwIfAborted();
      const update = this.#next();
      if (update === undefined) await this.#news.wait({ signal });
      else yield update;
    }
  }

  #next(): SwitchUpdate | undefined {
    const isDump = this.#isDumpDue;
    const portIds = isDump ? [...this.#ports.keys()] : [...this.#changed];
    if (!isDump && portIds.length === 0) return undefined;
    this.#isDumpDue = false;
    this.#changed.clear();
    return { kind: isDump ? 'dump' : 'change', ports: portIds.flatMap((id) => this.#ports.get(id) ?? []) };
  }
}

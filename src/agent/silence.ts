import type { SwitchDump } from './port-source.js';

/**
 * The ports of which the switch has said nothing since its last dump. Silence is no evidence: what was last said of them
 * stays. See docs/decisions/0012-an-unconfirmed-row-says-nothing.md.
 */
export class Silence {
  #unconfirmed = new Set<string>();
  #named: ReadonlySet<string> = new Set();
  #isPartial = false;

  /** How many ports are recorded on the switch and not confirmed. */
  get unconfirmed(): number {
    return this.#unconfirmed.size;
  }

  /** Whether nothing is left unsaid: a port that nobody named is not there. */
  get isOver(): boolean {
    return !this.#isPartial && this.#unconfirmed.size === 0;
  }

  /** Begins anew with what a dump leaves unsaid. */
  begin({ ports, unconfirmed = [], isPartial = false }: SwitchDump): void {
    this.#unconfirmed = new Set(unconfirmed);
    this.#named = new Set(isPartial ? ports.map(({ portId }) => portId) : []);
    this.#isPartial = isPartial;
  }

  /** The switch has spoken of this port. */
  end(portId: string): void {
    this.#unconfirmed.delete(portId);
  }

  /** Whether the dump left open what has become of the port. */
  covers(portId: string): boolean {
    return this.#unconfirmed.has(portId) || (this.#isPartial && !this.#named.has(portId));
  }
}

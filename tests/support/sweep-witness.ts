import type { LogicalPorts } from './logical-ports.js';
import type { NeutronApi } from './neutron-api.js';

/** A port that stays plugged and shows when a sweep has passed: nothing else mends what its rebinding breaks. */
export class SweepWitness {
  readonly #ports: LogicalPorts;
  readonly #api: NeutronApi;
  readonly #number: number;

  private constructor(ports: LogicalPorts, api: NeutronApi, number: number) {
    this.#ports = ports;
    this.#api = api;
    this.#number = number;
  }

  /** Agent and servers have to run. */
  static async plug(ports: LogicalPorts, api: NeutronApi): Promise<SweepWitness> {
    const [number = 0] = await ports.plant(1);
    await ports.plug([number]);
    await ports.settled([number], 'ACTIVE');
    return new SweepWitness(ports, api, number);
  }

  /** Resolves when a sweep that looked after this call has judged what it found: one page holds all ports of a test. */
  async nextSweep(): Promise<void> {
    await this.#api.rebind(this.#number);
    await this.#ports.settled([this.#number], 'ACTIVE');
  }
}

import type { Clock } from '../../src/runtime/clock.js';
import type { Random } from '../../src/runtime/random.js';
import { deviceOf, plantPorts, portIdOf } from '../support/neutron-rows.js';
import type { Place } from './place.js';

interface Vm {
  readonly number: number;
  readonly chassis: string;
  isPlugged: boolean;
}

/** How many VMs a chassis has room for. */
const PER_CHASSIS = 20;

/** From one boot or stop to the next, on each chassis, in milliseconds. */
const PACE_MS = 100;

/** VMs that boot and stop at random on real switches. */
export class Tenants {
  /** When each port was plugged last. */
  readonly pluggedAt = new Map<string, number>();
  readonly #place: Place;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #vms: readonly Vm[];
  #moves = 0;

  constructor(place: Place, { clock, random }: { readonly clock: Clock; readonly random: Random }) {
    this.#place = place;
    this.#clock = clock;
    this.#random = random;
    this.#vms = [...place.switches.keys()].flatMap((chassis, index) =>
      Array.from({ length: PER_CHASSIS }, (_, at) => ({
        ...{ number: index * PER_CHASSIS + at + 1, chassis, isPlugged: false },
      })),
    );
  }

  /** How many boots and stops there were. */
  get moves(): number {
    return this.#moves;
  }

  /** Makes the ports as Neutron leaves them behind after binding: DOWN, with an L2 block. */
  async plant(): Promise<void> {
    await plantPorts(
      this.#place.rows,
      this.#vms.map(({ number, chassis }) => [number, { id: portIdOf(number), host: chassis }]),
    );
    for (const { number } of this.#vms) this.#place.cloud.nova.addServer(deviceOf(number));
  }

  /** Boots and stops until the signal ends it. What a switch refuses, since it is being restarted, is left as it is. */
  async churn(signal: AbortSignal): Promise<void> {
    await Promise.all([...this.#place.switches.keys()].map((chassis) => this.#churnOn(chassis, signal)));
  }

  async #churnOn(chassis: string, signal: AbortSignal): Promise<void> {
    const vms = this.#vms.filter((vm) => vm.chassis === chassis);
    while (!signal.aborted) {
      const vm = vms[Math.floor(this.#random.next() * vms.length)];
      if (vm !== undefined) await this.#move(vm).catch(() => undefined);
      await this.#clock.sleep(PACE_MS, { signal }).catch(() => undefined);
    }
  }

  async #move(vm: Vm): Promise<void> {
    const { number, chassis } = vm;
    const [device, ovs] = [`tap${number}`, this.#place.switches.get(chassis)];
    if (vm.isPlugged) await ovs?.unplug(device);
    else {
      this.pluggedAt.set(portIdOf(number), this.#clock.now());
      await ovs?.plug({ device, portId: portIdOf(number), instance: deviceOf(number) });
    }
    vm.isPlugged = !vm.isPlugged;
    this.#moves += 1;
  }
}

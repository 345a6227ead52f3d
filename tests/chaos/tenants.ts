import type { Clock } from '../../src/runtime/clock.js';
import type { Random } from '../../src/runtime/random.js';
import { deviceOf, plantPorts, portIdOf } from '../support/neutron-rows.js';
import { PLUGGED_AT } from './place.js';
import type { Place } from './place.js';

interface Vm {
  readonly number: number;
  readonly chassis: string;
  /** Whether its interface is on the switch; also where that is unknown, since the switch did not answer. */
  mayBePlugged: boolean;
}

/** How many VMs a chassis has room for. */
const PER_CHASSIS = 20;

/** From one boot or stop to the next, on each chassis, in milliseconds. */
const PACE_MS = 100;

/** VMs that boot and stop at random on real switches. */
export class Tenants {
  /** Ports that were ever plugged, or may have been. */
  readonly known = new Set<string>();
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
        ...{ number: index * PER_CHASSIS + at + 1, chassis, mayBePlugged: false },
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
    const ovs = this.#place.switches.get(vm.chassis);
    const [device, willPlug] = [`tap${vm.number}`, !vm.mayBePlugged];
    vm.mayBePlugged = true;
    if (willPlug) await ovs?.vsctl(...this.#plugCommand(vm.number, device));
    else await ovs?.vsctl('--if-exists', 'del-port', 'br-int', device);
    vm.mayBePlugged = willPlug;
    this.#moves += 1;
  }

  /** As Nova's os-vif does it, with the time beside it, for the checker. */
  #plugCommand(number: number, device: string): readonly string[] {
    this.known.add(portIdOf(number));
    const ids = {
      'iface-id': portIdOf(number),
      'vm-uuid': deviceOf(number),
      [PLUGGED_AT]: this.#clock.now(),
    };
    const columns = Object.entries(ids).map(([key, value]) => `external_ids:${key}=${value}`);
    return ['add-port', 'br-int', device, '--', 'set', 'Interface', device, 'type=internal', ...columns];
  }
}

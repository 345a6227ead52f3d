import type { FakeCloud } from '../../src/simulator/cloud/cloud.js';
import type { SimulatedSwitch } from '../../src/simulator/switch/simulated-switch.js';
import { systemClock } from '../../src/runtime/clock.js';
import { seededRandom } from '../../src/runtime/random.js';
import type { Random } from '../../src/runtime/random.js';
import { eventually } from './eventually.js';
import { deviceOf, plantPort, portIdOf } from './neutron-rows.js';
import type { NeutronRows } from './neutron-rows.js';
import { TOLD_NO } from './told-no.js';

export interface TenantsOptions {
  readonly rows: NeutronRows;
  readonly cloud: FakeCloud;
  /** One per chassis, by its name. */
  readonly switches: ReadonlyMap<string, SimulatedSwitch>;
  readonly portsPerChassis: number;
  readonly seed: number;
}

/** One VM with one port, at home on one chassis for ever. */
interface Vm {
  readonly number: number;
  readonly chassis: string;
  /** When it was plugged, in milliseconds since 1970; absent while it is not. */
  pluggedAt: number | undefined;
  /** Whether it ever was. */
  isKnown: boolean;
}

/** How far apart a boot or stop is from the next, in milliseconds. */
const PACE_MS = 15;

/** VMs that boot and stop, and what must be so in Neutron and at Nova when they have ended. */
export class Tenants {
  readonly #options: TenantsOptions;
  readonly #vms: readonly Vm[];
  readonly #random: Random;
  #plugs = 0;

  constructor(options: TenantsOptions) {
    this.#options = options;
    this.#random = seededRandom(options.seed);
    const homes = [...options.switches.keys()].flatMap((chassis) =>
      Array.from({ length: options.portsPerChassis }, () => chassis),
    );
    this.#vms = homes.map((chassis, index) => ({
      number: index + 1,
      chassis,
      pluggedAt: undefined,
      isKnown: false,
    }));
  }

  /** Makes the ports as Neutron leaves them behind after binding: DOWN, with an L2 block. */
  async plant(): Promise<void> {
    const { rows, cloud } = this.#options;
    for (const { number, chassis } of this.#vms) {
      await plantPort(rows, number, { id: portIdOf(number), host: chassis });
      cloud.nova.addServer(deviceOf(number));
    }
  }

  /** Boots all that do not run, at once. */
  bootAll(): void {
    for (const vm of this.#vms) if (vm.pluggedAt === undefined) this.#boot(vm);
  }

  /** Stops all that run, at once. */
  stopAll(): void {
    for (const vm of this.#vms) if (vm.pluggedAt !== undefined) this.#stop(vm);
  }

  /** Boots these many that do not run. @returns the ports. */
  boot(count: number): readonly string[] {
    const vms = this.#vms.filter(({ pluggedAt }) => pluggedAt === undefined).slice(0, count);
    for (const vm of vms) this.#boot(vm);
    return vms.map(({ number }) => portIdOf(number));
  }

  /** Boots and stops at random while something happens, and a moment longer. */
  async during(happening: () => Promise<unknown>): Promise<void> {
    const over = new AbortController();
    const busy = this.#churn(over.signal);
    try {
      await happening();
      await systemClock.sleep(1000);
    } finally {
      over.abort();
      await busy;
    }
  }

  /** Resolves when every port has the status that its switch gives it, and Nova's last word about it says the same. */
  async settled(withinMs = 60_000): Promise<void> {
    await eventually(async () => {
      const [ports, owed] = await Promise.all([this.#readPorts(), this.#readOwed()]);
      const words = this.#lastWords();
      const wrong = this.#vms.flatMap((vm) => complaintOf(vm, ports, owed, words));
      if (wrong.length > 0)
        throw new Error(`${wrong.length} ports are not right: ${wrong.slice(0, 5).join('; ')}`);
    }, withinMs);
  }

  async #churn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const vm = this.#vms[Math.floor(this.#random.next() * this.#vms.length)];
      if (vm?.pluggedAt !== undefined) this.#stop(vm);
      else if (vm !== undefined) this.#boot(vm);
      await systemClock.sleep(PACE_MS, { signal }).catch(() => undefined);
    }
  }

  #boot(vm: Vm): void {
    vm.pluggedAt = systemClock.now();
    vm.isKnown = true;
    this.#options.switches.get(vm.chassis)?.plug({
      portId: portIdOf(vm.number),
      status: 'ACTIVE',
      attachment: `plug-${++this.#plugs}`,
      instance: deviceOf(vm.number),
    });
  }

  #stop(vm: Vm): void {
    vm.pluggedAt = undefined;
    this.#options.switches.get(vm.chassis)?.unplug(portIdOf(vm.number));
  }

  async #readPorts(): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#options.rows.run(
      `select p.id as id, p.status as status, coalesce(group_concat(b.entity order by b.entity), '') as blocks from neutron.ports p
       left join neutron.provisioningblocks b on b.standard_attr_id = p.standard_attr_id group by p.id, p.status`,
    );
    return new Map(rows.map(({ id, status, blocks }) => [String(id), `${String(status)} ${String(blocks)}`]));
  }

  /** Ports about which Nova is still owed a word. */
  async #readOwed(): Promise<ReadonlySet<string>> {
    const rows = await this.#options.rows.run(
      `select port from port_status.reports r where owed_no <> ${TOLD_NO} or settle_at is not null`,
    );
    return new Set(rows.map(({ port }) => String(port)));
  }

  #lastWords(): ReadonlyMap<string, { readonly word: string; readonly at: number }> {
    const { heard } = this.#options.cloud.nova;
    return new Map(
      heard.map(({ tag = '', name, status = '', at }) => [tag, { word: `${name} ${status}`, at }]),
    );
  }
}

/** What is not as it must be about one VM's port; nothing where all is well. */
function complaintOf(
  { number, pluggedAt, isKnown }: Vm,
  ports: ReadonlyMap<string, string>,
  owed: ReadonlySet<string>,
  words: ReadonlyMap<string, { readonly word: string; readonly at: number }>,
): readonly string[] {
  const id = portIdOf(number);
  const [found, wanted] = [ports.get(id), pluggedAt === undefined ? 'DOWN L2' : 'ACTIVE '];
  if (found !== wanted) return [`port ${number} is ${String(found)}, not ${wanted}`];
  if (owed.has(id)) return [`Nova is owed a word about port ${number}`];
  if (!isKnown) return [];
  const last = words.get(id);
  if (pluggedAt !== undefined && (last?.word !== PLUGGED || last.at < pluggedAt))
    return [`Nova has not heard that port ${number} is plugged, but ${JSON.stringify(last)}`];
  if (pluggedAt === undefined && last?.word === PLUGGED)
    return [`Nova has not heard that port ${number} is unplugged`];
  return [];
}

const PLUGGED = 'network-vif-plugged completed';

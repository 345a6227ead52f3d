import { expect } from 'vitest';
import type { HeardEvent } from '../../src/simulator/cloud/nova.js';
import type { RecordedRequest } from '../../src/simulator/cloud/loopback.js';
import type { CloudSetUp } from './cloud-set-up.js';
import { eventually, pass } from './eventually.js';
import { deviceOf, plantPort, portIdOf, portState } from './neutron-rows.js';
import type { PlantedPort } from './neutron-rows.js';
import type { OvsFixture } from './ovs.js';
import { TOLD_NO } from './told-no.js';

const VLAN = 100;

/** What the ledger holds of one port on one chassis. */
export interface LedgerEntry {
  readonly revision: number;
  readonly status: string;
  readonly attachment: string;
  readonly seen: string;
  readonly verdict: string;
  readonly reason: string;
  readonly applied_at: number;
  readonly server: string;
  readonly owed_no: number;
  readonly told_no: number;
  readonly owed_attachment: string | null;
}

/** Logical ports by their numbers: in Neutron, at Nova and on the switch of one chassis. */
export class LogicalPorts {
  readonly #set: CloudSetUp;
  readonly #chassis: string;
  readonly #ovs: OvsFixture;
  #last = 0;

  /** @param place another chassis than `cn1`, with a switch of its own. */
  constructor(set: CloudSetUp, place?: { readonly chassis: string; readonly ovs: OvsFixture }) {
    this.#set = set;
    this.#chassis = place?.chassis ?? 'cn1';
    this.#ovs = place?.ovs ?? set.ovs;
  }

  /** Numbers that no port has; Neutron has none of these ports yet. */
  reserve(count: number): readonly number[] {
    return Array.from({ length: count }, () => ++this.#last);
  }

  /** Makes ports as Neutron leaves them behind after binding to `cn1`: DOWN, with an L2 block, revision 3. */
  async plant(count: number, port: Omit<PlantedPort, 'id'> = {}): Promise<readonly number[]> {
    const numbers = this.reserve(count);
    await this.create(numbers, port);
    return numbers;
  }

  /** The same with numbers that were reserved. */
  async create(numbers: readonly number[], port: Omit<PlantedPort, 'id'> = {}): Promise<void> {
    for (const number of numbers) {
      await plantPort(this.#set.rows, number, { ...port, id: portIdOf(number) });
      this.#set.cloud.nova.addServer(deviceOf(number));
    }
  }

  /** Plugs them in one transaction of the switch; with a VLAN tag and a device, unless told otherwise. */
  async plug(numbers: readonly number[], how: Plugging = {}): Promise<void> {
    await this.#ovs.vsctl(...joined(numbers.map((number) => plugging(number, how))));
  }

  async tag(numbers: readonly number[], vlan = VLAN): Promise<void> {
    await this.#ovs.vsctl(...joined(numbers.map((number) => ['set', 'Port', tapOf(number), `tag=${vlan}`])));
  }

  async unplug(numbers: readonly number[]): Promise<void> {
    await this.#ovs.vsctl(...joined(numbers.map((number) => ['del-port', 'br-int', tapOf(number)])));
  }

  /** Deletes and adds them in one transaction of the switch. */
  async replug(numbers: readonly number[]): Promise<void> {
    const both = numbers.flatMap((number) => [['del-port', 'br-int', tapOf(number)], plugging(number)]);
    await this.#ovs.vsctl(...joined(both));
  }

  /** Unplugs and plugs them again and again until it is stopped, and leaves them plugged. */
  async churn(numbers: readonly number[], signal: AbortSignal): Promise<void> {
    do {
      await this.unplug(numbers);
      await pass(30);
      await this.plug(numbers);
      await pass(30);
    } while (!signal.aborted);
  }

  attachmentOf(number: number): Promise<string> {
    return this.#ovs.attachmentOf(tapOf(number));
  }

  /** Its status, revision, time and blocks in Neutron. */
  state(number: number): ReturnType<typeof portState> {
    return portState(this.#set.rows, portIdOf(number));
  }

  /** The ledger's row of it. @throws where there is none. */
  async ledger(number: number): Promise<LedgerEntry> {
    const row = await this.findInLedger(number);
    if (row === undefined) throw new Error(`port ${number} is not in the ledger`);
    return row;
  }

  async findInLedger(number: number): Promise<LedgerEntry | undefined> {
    const [row] = await this.#set.rows.run(
      `select r.*, ${TOLD_NO} as told_no from port_status.reports r where port = ? and chassis = ?`,
      [portIdOf(number), this.#chassis],
    );
    return row as LedgerEntry | undefined;
  }

  /** Whether the northbound database has a record of it, pending or not. */
  async isRecorded(number: number): Promise<boolean> {
    const key = { portId: portIdOf(number), chassis: this.#chassis };
    return (await this.#set.northbound.lookUp([key])).length > 0;
  }

  /** Resolves when the ledger holds this of it: its report has been judged so. */
  async judged(number: number, entry: Partial<LedgerEntry>): Promise<void> {
    await eventually(async () => expect(await this.ledger(number)).toMatchObject(entry));
  }

  /** Resolves when each has this status in Neutron, and Nova was told all that it is owed. */
  async settled(numbers: readonly number[], status: string, withinMs?: number): Promise<void> {
    await eventually(async () => {
      for (const number of numbers) {
        const found = await this.state(number);
        if (found.status !== status)
          throw new Error(`port ${number} is ${String(found.status)}, not ${status}`);
        const { status: said, owed_no, told_no } = await this.ledger(number);
        if (said !== status || owed_no !== told_no)
          throw new Error(`Nova is owed a word about port ${number}`);
      }
    }, withinMs);
  }

  /** What Nova passed on about it: the names of the events. */
  words(number: number): readonly string[] {
    return this.#heard(number).map(({ name, status = '' }) => `${name} ${status}`);
  }

  /** The requests to Nova that name it. */
  requests(number: number): readonly RecordedRequest[] {
    return this.#set.cloud.nova.requests.filter(({ body }) => body.includes(portIdOf(number)));
  }

  #heard(number: number): readonly HeardEvent[] {
    return this.#set.cloud.nova.heard.filter(({ tag }) => tag === portIdOf(number));
  }
}

/** How a port is plugged. */
export interface Plugging {
  /** Default yes: it has the VLAN tag that shows it is wired. */
  readonly tagged?: boolean;
  /** Default `internal`: the switch makes the device itself. `''`: the device has to be there, as a tap is. */
  readonly type?: 'internal' | '';
}

function plugging(number: number, { tagged = true, type = 'internal' }: Plugging = {}): readonly string[] {
  const tap = tapOf(number);
  const ids = [
    `external_ids:iface-id=${JSON.stringify(portIdOf(number))}`,
    `external_ids:vm-uuid=${deviceOf(number)}`,
  ];
  const tag = tagged ? [`tag=${VLAN}`] : [];
  const columns = [`type=${JSON.stringify(type)}`, ...ids];
  return ['add-port', 'br-int', tap, ...tag, '--', 'set', 'Interface', tap, ...columns];
}

/** The device of a port. */
export function tapOf(number: number): string {
  return `tap${number}`;
}

/** Commands of one ovs-vsctl call, which is one transaction. */
function joined(commands: readonly (readonly string[])[]): readonly string[] {
  return commands.flatMap((command, index) => (index === 0 ? command : ['--', ...command]));
}

import type { HeardEvent } from '../../src/simulator/cloud/nova.js';
import type { RecordedRequest } from '../../src/simulator/cloud/loopback.js';
import type { CloudSetUp } from './cloud-set-up.js';
import { eventually, pass } from './eventually.js';
import { deviceOf, plantPort, portIdOf, portState } from './neutron-rows.js';

const VLAN = 100;

/** What the ledger holds of one port on `cn1`. */
export interface LedgerEntry {
  readonly revision: number;
  readonly status: string;
  readonly attachment: string;
  readonly seen: string;
  readonly verdict: string;
  readonly applied_at: number;
  readonly server: string;
  readonly owed_no: number;
  readonly told_no: number;
  readonly owed_attachment: string | null;
}

/** Logical ports by their numbers: in Neutron, at Nova and on the switch. */
export class LogicalPorts {
  readonly #set: CloudSetUp;
  #last = 0;

  constructor(set: CloudSetUp) {
    this.#set = set;
  }

  /** Makes ports as Neutron leaves them behind after binding to `cn1`: DOWN, with an L2 block, revision 3. */
  async plant(count: number): Promise<readonly number[]> {
    const numbers = Array.from({ length: count }, () => ++this.#last);
    for (const number of numbers) {
      await plantPort(this.#set.rows, number, { id: portIdOf(number) });
      this.#set.cloud.nova.addServer(deviceOf(number));
    }
    return numbers;
  }

  /** Plugs them in one transaction of the switch; with a VLAN tag, unless told otherwise. */
  async plug(numbers: readonly number[], { tagged = true } = {}): Promise<void> {
    await this.#set.ovs.vsctl(...joined(numbers.map((number) => plugging(number, tagged))));
  }

  async tag(numbers: readonly number[]): Promise<void> {
    await this.#set.ovs.vsctl(
      ...joined(numbers.map((number) => ['set', 'Port', tapOf(number), `tag=${VLAN}`])),
    );
  }

  async unplug(numbers: readonly number[]): Promise<void> {
    await this.#set.ovs.vsctl(...joined(numbers.map((number) => ['del-port', 'br-int', tapOf(number)])));
  }

  /** Deletes and adds them in one transaction of the switch. */
  async replug(numbers: readonly number[]): Promise<void> {
    const both = numbers.flatMap((number) => [['del-port', 'br-int', tapOf(number)], plugging(number, true)]);
    await this.#set.ovs.vsctl(...joined(both));
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
    return this.#set.ovs.attachmentOf(tapOf(number));
  }

  /** Its status, revision, time and blocks in Neutron. */
  state(number: number): ReturnType<typeof portState> {
    return portState(this.#set.rows, portIdOf(number));
  }

  /** The ledger's row of it. @throws where there is none. */
  async ledger(number: number): Promise<LedgerEntry> {
    const [row] = await this.#set.rows.run('select * from port_status.reports where port = ?', [
      portIdOf(number),
    ]);
    if (row === undefined) throw new Error(`port ${number} is not in the ledger`);
    return row as unknown as LedgerEntry;
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

function plugging(number: number, tagged: boolean): readonly string[] {
  const tap = tapOf(number);
  const ids = [
    `external_ids:iface-id=${JSON.stringify(portIdOf(number))}`,
    `external_ids:vm-uuid=${deviceOf(number)}`,
  ];
  const tag = tagged ? [`tag=${VLAN}`] : [];
  return ['add-port', 'br-int', tap, ...tag, '--', 'set', 'Interface', tap, 'type=internal', ...ids];
}

function tapOf(number: number): string {
  return `tap${number}`;
}

/** Commands of one ovs-vsctl call, which is one transaction. */
function joined(commands: readonly (readonly string[])[]): readonly string[] {
  return commands.flatMap((command, index) => (index === 0 ? command : ['--', ...command]));
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/runtime/random.js';
import { CLOUD_PROGRAMS, setUpCloud } from '../support/cloud-set-up.js';
import type { CloudSetUp } from '../support/cloud-set-up.js';
import { completeDhcp } from '../support/dhcp-agent.js';
import { eventually, pass } from '../support/eventually.js';
import { LogicalPorts } from '../support/logical-ports.js';
import { connectionOf } from '../support/mariadb.js';
import { countOf } from '../support/metrics.js';
import { has } from '../support/needs.js';
import { portIdOf } from '../support/neutron-rows.js';
import type { NeutronConnection } from '../support/neutron-rows.js';
import type { Program } from '../support/process.js';

const PLUGGED = 'network-vif-plugged completed';
/** Neutron's workers: so many ports get ready at a time. */
const WORKERS = 8;
/** How long neutron-server takes between its look for blocks and its commit, at most; a report is judged meanwhile. */
const THINK_MS = 150;
/** So long after wire and DHCP of a port are ready it is ACTIVE. */
const ACTIVE_WITHIN_MS = 2000;
/** Only the first looks, soon after a commit, mend anything here. */
const SETTINGS = {
  reconcile: { everyMs: 600_000 },
  lookAgain: { everyMs: 60_000 },
  http: { listen: '127.0.0.1:0' },
};

describe.runIf(has('e2e/dhcp', CLOUD_PROGRAMS))('ports whose wire and DHCP get ready together', () => {
  let set: CloudSetUp;
  let ports: LogicalPorts;
  let servers: readonly Program[];
  let workers: readonly NeutronConnection[];
  const random = seededRandom(7);

  beforeAll(async () => {
    set = await setUpCloud(SETTINGS);
    ports = new LogicalPorts(set);
    servers = await Promise.all([set.startServer('a'), set.startServer('b')]);
    await set.startAgent();
    workers = await Promise.all(Array.from({ length: WORKERS }, connect));
  });
  afterAll(async () => {
    for (const worker of workers) await worker.end();
    await set.dispose();
  });

  async function connect(): Promise<NeutronConnection> {
    const connection = await set.mariadb.admin();
    await connection.query('use neutron');
    return connectionOf(connection);
  }

  /** One for each worker. */
  const plant = (): Promise<readonly number[]> => ports.plant(WORKERS, { blocks: ['DHCP', 'L2'] });

  /** Lets neutron-server complete DHCP of each port while `wire` does something to them on the switch. */
  async function completeWhile(
    numbers: readonly number[],
    wire: () => Promise<void>,
    think: (number: number) => Promise<void> = () => pass(random.next() * THINK_MS),
  ): Promise<void> {
    const served = workers.map((worker, index) => {
      const number = numbers[index] ?? 0;
      return completeDhcp(worker, portIdOf(number), () => think(number));
    });
    await Promise.all([wire(), ...served]);
  }

  async function active(): Promise<readonly number[]> {
    const rows = await set.rows.run("select id from ports where status = 'ACTIVE' order by id");
    return rows.map(({ id }) => parseInt(String(id).slice(-12), 16));
  }

  it('are ACTIVE 2 s later where the wire is up, and not where it was never up or went down meanwhile', async () => {
    const never = await plant();
    await completeWhile(never, () => Promise.resolve());
    const cut = await plant();
    await completeWhile(cut, async () => {
      await ports.plug(cut);
      await ports.unplug(cut);
    });
    const wired: number[] = [];
    for (let round = 0; round < 5; round++) {
      const numbers = await plant();
      wired.push(...numbers);
      await completeWhile(numbers, () => ports.plug(numbers));
      await eventually(async () => expect(await active()).toEqual(wired), ACTIVE_WITHIN_MS);
    }
    for (const port of cut) await ports.judged(port, { status: 'DOWN', verdict: 'applied' });
    await ports.settled(wired, 'ACTIVE');
    for (const port of wired) {
      expect(await ports.state(port)).toMatchObject({ revision: 4, blocks: '' });
      expect(ports.words(port)).toEqual([PLUGGED]);
    }
    for (const port of [...cut, ...never]) expect((await ports.state(port)).blocks).toBe('L2');
    expect(await active()).toEqual(wired);
  });

  it('are ACTIVE, too, where each of the two saw the block of the other: the server looks again', async () => {
    const numbers = await plant();
    const looked = (): Promise<number> =>
      countOf(servers, 'port_status_judged_total', { verdict: 'applied', occasion: 'look' });
    const before = await looked();
    await completeWhile(
      numbers,
      () => ports.plug(numbers),
      (number) => ports.judged(number, { status: 'ACTIVE', verdict: 'blocked' }),
    );
    await ports.settled(numbers, 'ACTIVE', ACTIVE_WITHIN_MS);
    expect((await looked()) - before).toBe(WORKERS);
  });

  it('are DOWN where DHCP, which had looked while the wire was up, sets them ACTIVE after it went down', async () => {
    const numbers = await plant();
    await ports.plug(numbers);
    for (const port of numbers) await ports.judged(port, { status: 'ACTIVE', verdict: 'blocked' });
    const unplug = ports.unplug.bind(ports, numbers);
    await completeWhile(numbers, unplug, (port) => ports.judged(port, { status: 'DOWN' }));
    await ports.settled(numbers, 'DOWN');
    for (const port of numbers)
      expect(await ports.state(port)).toMatchObject({ status: 'DOWN', revision: 5, blocks: 'L2' });
  });
});

import { deviceOf, plantNetwork, plantPorts, portIdOf } from '../../src/simulator/neutron-rows.js';
import type { NeutronRows } from '../../src/simulator/neutron-rows.js';
import { chassisOf } from '../load/orders.js';

/** Ports of one statement. */
const CHUNK = 500;

/** What the ledger is called in the databases of the benchmarks: a schema, or in SQLite a prefix. */
export function ledgerOf(url: string): string {
  return url.startsWith('sqlite:') ? 'port_status_' : 'port_status.';
}

/** Makes ports that are DOWN with the L2 block, bound to their chassis, as they are when their VMs boot. */
export async function plantCloud(rows: NeutronRows, ports: number, chassis: number): Promise<void> {
  await plantNetwork(rows);
  for (const numbers of chunksOf(ports))
    await plantPorts(
      rows,
      numbers.map((number) => [
        number,
        { id: portIdOf(number), host: chassisOf(number, chassis), deviceId: deviceOf(number) },
      ]),
    );
}

/** Besides, ports of which no agent says anything. @returns their numbers. */
export async function plantOthers(
  rows: NeutronRows,
  ports: number,
  count: number,
): Promise<readonly number[]> {
  const numbers = Array.from({ length: count }, (_, index) => ports + index + 1);
  await plantPorts(
    rows,
    numbers.map((number) => [
      number,
      { id: portIdOf(number), host: 'elsewhere', status: 'ACTIVE', blocks: [] },
    ]),
  );
  return numbers;
}

/** Makes every port as it was planted, and forgets what the ledger knows of it. */
export async function resetCloud(rows: NeutronRows, url: string, ports: number): Promise<void> {
  for (const table of ['reports', 'calls', 'quarantine', 'incarnations'])
    await rows.run(`delete from ${ledgerOf(url)}${table}`);
  await rows.run("update ports set status = 'DOWN' where id <= ?", [portIdOf(ports)]);
  await rows.run('delete from provisioningblocks');
  for (const numbers of chunksOf(ports)) {
    const blocks = numbers.map((number) => `(${idOf(number)}, 'L2')`).join(', ');
    await rows.run(`insert into provisioningblocks (standard_attr_id, entity) values ${blocks}`);
  }
}

/** Each status that is written raises a revision by one. */
export async function writesOf(rows: NeutronRows): Promise<number> {
  const [found] = await rows.run(
    "select sum(revision_number) as writes from standardattributes where resource_type = 'ports'",
  );
  return Number(found?.['writes']);
}

/** The number of a port's standard attributes. */
export function idOf(number: number): number {
  return 10_000 + number;
}

export function* chunksOf(ports: number, size = CHUNK): Iterable<readonly number[]> {
  for (let first = 1; first <= ports; first += size)
    yield Array.from({ length: Math.min(size, ports - first + 1) }, (_, index) => first + index);
}

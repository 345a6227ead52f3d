import { systemClock } from '../src/runtime/clock.js';
import { deviceOf, portIdOf } from '../src/simulator/neutron-rows.js';
import type { DatabaseHome } from './cloud/databases.js';
import { chunksOf, idOf, ledgerOf } from './cloud/ports.js';
import { openRaw } from './cloud/raw-sql.js';
import { chassisOf } from './load/orders.js';

/** Ports of one transaction. */
const BATCH = 500;

/** One transaction, statement by statement. */
type Transaction = readonly string[];

/**
 * What the database gives at the most: the writes of reports that are applied, and nothing else: the L2 blocks, the two
 * updates, the ledger's rows, in transactions of 500 ports that were written down before, ids in their order.
 *
 * @returns ports a second.
 */
export function measureLimit(
  home: DatabaseHome,
  { ports, chassis, connections }: { ports: number; chassis: number; connections: number },
): Promise<number> {
  const transactions = [...chunksOf(ports, BATCH)].map((numbers) => writeSet(numbers, chassis, home.url));
  return measure(home, transactions, ports, connections);
}

/**
 * The same the way Neutron's own path does it, port by port: it takes the block off and asks whether there are others in one
 * transaction, reads the port, then writes revision and status in another. Source: the statements that Neutron 21 sends for
 * `update_device_list`, recorded by MariaDB: 47 in nine transactions, of which two commit. Of those that only read, the one
 * that loads the port is played here, and no other.
 */
export function measureOrmLike(home: DatabaseHome, ports: number): Promise<number> {
  return measure(home, eachPort(ports, ormLike), ports, 1);
}

/** The same writes in a single transaction for each port. */
export function measureOneByOne(home: DatabaseHome, ports: number): Promise<number> {
  return measure(home, eachPort(ports, oneByOne), ports, 1);
}

function eachPort(ports: number, write: (number: number) => Transaction): readonly Transaction[] {
  return Array.from({ length: ports }, (_, index) => write(index + 1));
}

async function measure(
  { url }: DatabaseHome,
  transactions: readonly Transaction[],
  ports: number,
  connections: number,
): Promise<number> {
  const left = [...transactions].reverse();
  const open = await Promise.all(Array.from({ length: connections }, () => openRaw(url)));
  const startMs = systemClock.monotonicMs();
  await Promise.all(
    open.map(async (connection) => {
      for (let next = left.pop(); next !== undefined; next = left.pop())
        for (const statement of next) await connection.exec(statement);
    }),
  );
  const tookMs = systemClock.monotonicMs() - startMs;
  await Promise.all(open.map((connection) => connection.close()));
  return (ports * 1000) / tookMs;
}

function writeSet(numbers: readonly number[], chassis: number, url: string): Transaction {
  const ids = numbers.map(idOf).join(', ');
  const portIds = numbers.map((number) => `'${portIdOf(number)}'`).join(', ');
  const rows = numbers.map((number) => `(${ledgerRow(number, chassis).join(', ')})`).join(', ');
  return [
    'begin',
    deleteBlocks(numbers.map(idOf), url),
    `update standardattributes set revision_number = revision_number + 1, updated_at = current_timestamp where id in (${ids})`,
    `update ports set status = 'ACTIVE' where id in (${portIds})`,
    `insert into ${ledgerOf(url)}reports (${Object.keys(LEDGER).join(', ')}) values ${rows}`,
    'commit',
  ];
}

/** As the store of that database writes it: see src/neutron/sql/mariadb.ts. */
function deleteBlocks(ids: readonly number[], url: string): string {
  if (!url.startsWith('mysql:'))
    return `delete from provisioningblocks where entity = 'L2' and standard_attr_id in (${ids.join(', ')})`;
  return `delete b from json_table('[${ids.join(',')}]', '$[*]' columns (id bigint path '$')) ours
    straight_join provisioningblocks b force index (primary) on b.standard_attr_id = ours.id and b.entity = 'L2'`;
}

/** The ledger's columns that a report takes which was applied, each with what stands there. */
const LEDGER: Readonly<Record<string, (number: number, chassis: number) => string>> = {
  port: (number) => `'${portIdOf(number)}'`,
  chassis: (number, chassis) => `'${chassisOf(number, chassis)}'`,
  epoch: () => '1',
  revision: (number) => String(1_790_000_000_000_000 + number),
  status: () => "'ACTIVE'",
  attachment: (number) => `'${number}-1'`,
  instance: (number) => `'${deviceOf(number)}'`,
  observed_at: () => '1790000000000',
  verdict: () => "'applied'",
  reason: () => "'written'",
  mode: () => "'write'",
  effects: () => "'DELETE-L2 ACTIVE'",
  blocks: () => "''",
  neutron_status: () => "'ACTIVE'",
  server: () => "'a'",
  judged_at: () => '1790000000000',
  applied_at: () => '1790000000000',
  has_our_block: () => '0',
  server_id: (number) => `'${deviceOf(number)}'`,
  owed_no: () => '1',
  told_no: () => '0',
  word: () => "'plugged'",
  owed_attachment: (number) => `'${number}-1'`,
  owed_at: () => '1790000000000',
  attempts: () => '0',
  settle_at: () => '1790000000000',
};

function ledgerRow(number: number, chassis: number): readonly string[] {
  return Object.values(LEDGER).map((value) => value(number, chassis));
}

function ormLike(number: number): Transaction {
  return [
    'begin',
    `select standard_attr_id from ports where id = '${portIdOf(number)}' limit 1`,
    `select standard_attr_id, entity from provisioningblocks where standard_attr_id = ${idOf(number)} and entity = 'L2'`,
    ...takeBlockOff(number),
    'commit',
    loadPort(number),
    'begin',
    ...writePort(number),
    'commit',
  ];
}

function oneByOne(number: number): Transaction {
  return ['begin', loadPort(number), ...takeBlockOff(number), ...writePort(number), 'commit'];
}

function loadPort(number: number): string {
  return `select * from ports p join standardattributes s on s.id = p.standard_attr_id
    left join ml2_port_bindings b on b.port_id = p.id where p.id = '${portIdOf(number)}'`;
}

function takeBlockOff(number: number): readonly string[] {
  const id = idOf(number);
  return [
    `delete from provisioningblocks where standard_attr_id = ${id} and entity = 'L2'`,
    `select count(*) from provisioningblocks where standard_attr_id = ${id}`,
  ];
}

function writePort(number: number): readonly string[] {
  return [
    `update standardattributes set revision_number = revision_number + 1, updated_at = current_timestamp
     where id = ${idOf(number)} and revision_number > 0`,
    `update ports set status = 'ACTIVE' where id = '${portIdOf(number)}'`,
  ];
}

import type { NeutronRows } from '../tests/support/neutron-rows.js';
import type { Damaged } from './damage.js';
import type { MillionCloud } from './million-cloud.js';

/** Whatever stands in the tables of the ports that are not damaged, and all northbound records, in a few bytes. */
export async function pictureOf(cloud: MillionCloud, damaged: readonly Damaged[] = []): Promise<string> {
  const { rows } = cloud;
  const ids = ['', ...damaged.map(({ portId }) => portId)];
  const marks = ids.map(() => '?').join(', ');
  const sums = await Promise.all([
    sumsOf(
      rows,
      `neutron.ports t join neutron.standardattributes s on s.id = t.standard_attr_id
      join neutron.ml2_port_bindings b on b.port_id = t.id where t.id not in (${marks})`,
      't.id, t.status, t.admin_state_up, s.revision_number, s.updated_at, b.host, b.status',
      ids,
    ),
    sumsOf(
      rows,
      `neutron.provisioningblocks t join neutron.ports p on p.standard_attr_id = t.standard_attr_id
      where p.id not in (${marks})`,
      'p.id, t.entity',
      ids,
    ),
    sumsOf(rows, `port_status.reports t where t.port not in (${marks})`, await columnsOfReports(rows), ids),
  ]);
  return JSON.stringify([sums, await cloud.digestRecords()]);
}

async function sumsOf(
  rows: NeutronRows,
  from: string,
  columns: string,
  ids: readonly string[],
): Promise<unknown> {
  return rows.run(
    `select count(*) as count, bit_xor(crc32(concat_ws('|', ${columns}))) as sum from ${from}`,
    ids,
  );
}

async function columnsOfReports(rows: NeutronRows): Promise<string> {
  const found = await rows.run(
    "select column_name as name from information_schema.columns where table_schema = 'port_status' and table_name = 'reports'",
  );
  return found.map(({ name }) => `ifnull(t.${String(name)}, '-')`).join(', ');
}

import { portIdOf } from '../tests/support/neutron-rows.js';
import type { NeutronRows } from '../tests/support/neutron-rows.js';

/** Ports of one chassis. */
export const PER_CHASSIS = 1000;

/** The chassis of a port of that number. */
export function chassisOf(number: number): string {
  return `cn${Math.floor((number - 1) / PER_CHASSIS)}`;
}

const REPORTS = 'port_status.reports';

/** Values by the names of their columns, as MariaDB makes them of `seq`. */
type Columns = Readonly<Record<string, string>>;

/** The columns by which rows of one port differ from those of another, by table; `chassis` as chassisOf writes it. */
const columnsThatDiffer = (chassis: string): Readonly<Record<string, Columns>> => ({
  'neutron.standardattributes': { id: '10000 + seq' },
  'neutron.ports': {
    id: uuidOf('00000000'),
    device_id: uuidOf('dddddddd'),
    standard_attr_id: '10000 + seq',
    mac_address: `concat_ws(':', 'fa', '16', ${[24, 16, 8, 0].map(byteOf).join(', ')})`,
  },
  'neutron.ml2_port_bindings': { port_id: uuidOf('00000000'), host: chassis },
  'neutron.ml2_port_binding_levels': { port_id: uuidOf('00000000'), host: chassis },
  [REPORTS]: { port: uuidOf('00000000'), server_id: uuidOf('dddddddd'), chassis },
});

/** Which rows are the first port's. */
const FIRST: Readonly<Record<string, string>> = {
  'neutron.standardattributes': 'id = 10001',
  'neutron.ports': `id = '${portIdOf(1)}'`,
  'neutron.ml2_port_bindings': `port_id = '${portIdOf(1)}'`,
  'neutron.ml2_port_binding_levels': `port_id = '${portIdOf(1)}'`,
  'port_status.reports': `port = '${portIdOf(1)}'`,
};

/** As portIdOf and deviceOf of neutron-rows.ts write it. */
function uuidOf(head: string): string {
  return `lower(concat('${head}-0000-4000-8000-', lpad(hex(seq), 12, '0')))`;
}

function byteOf(shift: number): string {
  return `lpad(lower(hex((seq >> ${shift}) & 255)), 2, '0')`;
}

/** Makes ports of these numbers of the first one, with all that hangs on it: a statement per table. */
export async function cloneFirstPort(
  rows: NeutronRows,
  numbers: {
    readonly from: number;
    readonly to: number;
    readonly areReported: boolean;
    /** What the names of their chassis begin with. */
    readonly chassis?: string;
  },
): Promise<void> {
  const { from, to, areReported, chassis = 'cn' } = numbers;
  const columns = columnsThatDiffer(`concat('${chassis}', (seq - 1) div ${PER_CHASSIS})`);
  for (const [table, different] of Object.entries(columns)) {
    if (table === REPORTS && !areReported) continue;
    const all = await columnsOf(rows, table);
    const values = all.map((column) => different[column] ?? `t.\`${column}\``);
    const names = all.map((column) => `\`${column}\``);
    await rows.run(
      `insert into ${table} (${names.join(', ')}) select ${values.join(', ')}
       from (select * from ${table} where ${FIRST[table] ?? ''}) t, seq_${from}_to_${to}`,
    );
  }
}

async function columnsOf(rows: NeutronRows, table: string): Promise<readonly string[]> {
  const found = await rows.run(
    'select column_name as name from information_schema.columns where table_schema = ? and table_name = ? order by ordinal_position',
    table.split('.'),
  );
  return found.map(({ name }) => String(name));
}

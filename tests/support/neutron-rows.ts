/** Speaks SQL to a database with Neutron's tables, in the words of a test. */
export interface NeutronRows {
  run(
    statement: string,
    values?: readonly (string | number | null)[],
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

export interface PlantedPort {
  readonly id: string;
  readonly status?: string;
  readonly host?: string;
  readonly vifType?: string;
  readonly driver?: string;
  readonly adminStateUp?: boolean;
  readonly owner?: string;
  readonly deviceId?: string;
  readonly blocks?: readonly string[];
}

const NETWORK = 'f167abef-c230-498e-bb60-46c2b041792f';

/** Inserts a port as Neutron leaves it behind after binding; the numbers of its rows follow from `number`. */
export async function plantPort(rows: NeutronRows, number: number, port: PlantedPort): Promise<void> {
  const sid = 10_000 + number;
  const time = '2026-01-01 00:00:00';
  await rows.run(
    'insert into standardattributes (id, resource_type, created_at, updated_at, revision_number) values (?, ?, ?, ?, 3)',
    [sid, 'ports', time, time],
  );
  await rows.run(
    `insert into ports (project_id, id, name, network_id, mac_address, admin_state_up, status, device_id, device_owner, standard_attr_id)
     values ('p', ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    [
      port.id,
      `port ${number}`,
      NETWORK,
      macOf(number),
      Number(port.adminStateUp ?? true),
      port.status ?? 'DOWN',
      port.deviceId ?? deviceOf(number),
      port.owner ?? 'compute:nova',
      sid,
    ],
  );
  for (const entity of port.blocks ?? ['L2']) await plantBlock(rows, number, entity);
  if (port.host !== '')
    await plantBinding(rows, port.id, { ...port, status: 'ACTIVE', host: port.host ?? 'cn1' });
}

export async function plantBlock(rows: NeutronRows, number: number, entity: string): Promise<void> {
  await rows.run('insert into provisioningblocks (standard_attr_id, entity) values (?, ?)', [
    10_000 + number,
    entity,
  ]);
}

export async function plantBinding(
  rows: NeutronRows,
  portId: string,
  binding: { host: string; status?: string; vifType?: string; driver?: string; profile?: string },
): Promise<void> {
  const { host, status = 'ACTIVE', vifType = 'ovs', driver = 'openvswitch', profile = '' } = binding;
  await rows.run(
    'insert into ml2_port_bindings (port_id, host, vif_type, vnic_type, profile, vif_details, status) values (?, ?, ?, ?, ?, ?, ?)',
    [portId, host, vifType, 'normal', profile, '', status],
  );
  await rows.run('insert into ml2_port_binding_levels (port_id, host, level, driver) values (?, ?, 0, ?)', [
    portId,
    host,
    driver,
  ]);
}

/** The network that planted ports belong to. */
export async function plantNetwork(rows: NeutronRows): Promise<void> {
  await rows.run(
    "insert into standardattributes (id, resource_type, revision_number) values (9999, 'networks', 1)",
  );
  await rows.run(
    "insert into networks (id, name, status, admin_state_up, standard_attr_id, mtu) values (?, 'n', 'ACTIVE', 1, 9999, 1450)",
    [NETWORK],
  );
}

export function portIdOf(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

export function deviceOf(number: number): string {
  return `dddddddd-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

function macOf(number: number): string {
  return `fa:16:3e:${[16, 8, 0].map((shift) => ((number >> shift) & 255).toString(16).padStart(2, '0')).join(':')}`;
}

/** What a test asserts of one port: its status, revision and blocks. */
export async function portState(
  rows: NeutronRows,
  portId: string,
): Promise<{ status: unknown; revision: unknown; updatedAt: unknown; blocks: string }> {
  const found = await rows.run(
    `select p.status as status, s.revision_number as revision, s.updated_at as updated_at, s.id as sid
     from ports p join standardattributes s on s.id = p.standard_attr_id where p.id = ?`,
    [portId],
  );
  const [row] = found;
  if (row === undefined) throw new Error(`no port ${portId}`);
  const blocks = await rows.run(
    'select entity from provisioningblocks where standard_attr_id = ? order by entity',
    [Number(row['sid'])],
  );
  return {
    status: row['status'],
    revision: row['revision'],
    updatedAt: row['updated_at'],
    blocks: blocks.map(({ entity }) => String(entity)).join(','),
  };
}

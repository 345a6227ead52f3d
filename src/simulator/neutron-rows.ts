/** Speaks SQL to a database with Neutron's tables, in the words of who writes down what Neutron would. */
export interface NeutronRows {
  run(
    statement: string,
    values?: readonly (string | number | null)[],
  ): Promise<readonly Readonly<Record<string, unknown>>[]>;
}

/** The same on a connection of its own, which can hold a transaction. */
export interface NeutronConnection extends NeutronRows {
  /** Runs one change. @returns how many rows it matched. */
  change(statement: string, values: readonly (string | number | null)[]): Promise<number>;
  end(): Promise<void>;
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
  await plantPorts(rows, [[number, port]]);
}

/** The same for many ports, with one statement per table. */
export async function plantPorts(
  rows: NeutronRows,
  ports: readonly (readonly [number, PlantedPort])[],
): Promise<void> {
  const time = '2026-01-01 00:00:00';
  await insert(
    rows,
    'standardattributes (id, resource_type, created_at, updated_at, revision_number)',
    ports.map(([number]) => [10_000 + number, 'ports', time, time, 3]),
  );
  await insert(
    rows,
    'ports (project_id, id, name, network_id, mac_address, admin_state_up, status, device_id, device_owner, standard_attr_id)',
    ports.map(([number, port]) => [
      'p',
      port.id,
      `port ${number}`,
      NETWORK,
      macOf(number),
      Number(port.adminStateUp ?? true),
      port.status ?? 'DOWN',
      port.deviceId ?? deviceOf(number),
      port.owner ?? 'compute:nova',
      10_000 + number,
    ]),
  );
  await insertBlocks(
    rows,
    ports.flatMap(([number, { blocks = ['L2'] }]) => blocks.map((entity) => [10_000 + number, entity])),
  );
  const bindings = ports.map(([, { id, host = 'cn1', vifType, driver }]) => ({ id, host, vifType, driver }));
  await plantBindings(
    rows,
    bindings.filter(({ host }) => host !== ''),
  );
}

export async function plantBlock(rows: NeutronRows, number: number, entity: string): Promise<void> {
  await insertBlocks(rows, [[10_000 + number, entity]]);
}

export interface PlantedBinding {
  readonly host: string;
  readonly status?: string;
  readonly vifType?: string | undefined;
  readonly driver?: string | undefined;
  readonly profile?: string;
}

export async function plantBinding(
  rows: NeutronRows,
  portId: string,
  binding: PlantedBinding,
): Promise<void> {
  await plantBindings(rows, [{ id: portId, ...binding }]);
}

/** Bindings of the ports of these ids, with one statement per table. */
export async function plantBindings(
  rows: NeutronRows,
  bindings: readonly (PlantedBinding & { readonly id: string })[],
): Promise<void> {
  await insert(
    rows,
    'ml2_port_bindings (port_id, host, vif_type, vnic_type, profile, vif_details, status)',
    bindings.map(({ id, host, status = 'ACTIVE', vifType = 'ovs', profile = '' }) => {
      return [id, host, vifType, 'normal', profile, '', status];
    }),
  );
  const bound = bindings.filter(({ vifType }) => vifType !== 'unbound' && vifType !== 'binding_failed');
  await insert(
    rows,
    'ml2_port_binding_levels (port_id, host, level, driver)',
    bound.map(({ id, host, driver = 'openvswitch' }) => [id, host, 0, driver]),
  );
}

async function insertBlocks(rows: NeutronRows, blocks: readonly Values[]): Promise<void> {
  await insert(rows, 'provisioningblocks (standard_attr_id, entity)', blocks);
}

type Values = readonly (string | number | null)[];

/** Inserts rows of one table in one statement; `into` names the table and its columns. */
async function insert(rows: NeutronRows, into: string, all: readonly Values[]): Promise<void> {
  const [first] = all;
  if (first === undefined) return;
  const places = `(${first.map(() => '?').join(', ')})`;
  await rows.run(`insert into ${into} values ${all.map(() => places).join(', ')}`, all.flat());
}

/** Makes a port a trunk's parent. */
export async function plantTrunk(rows: NeutronRows, number: number, parentId: string): Promise<void> {
  const sid = 20_000 + number;
  await rows.run(
    "insert into standardattributes (id, resource_type, revision_number) values (?, 'trunks', 0)",
    [sid],
  );
  await rows.run(
    "insert into trunks (id, port_id, admin_state_up, status, standard_attr_id) values (?, ?, ?, 'ACTIVE', ?)",
    [`trunk-${number}`, parentId, 1, sid],
  );
}

/** The network that planted ports belong to. */
export async function plantNetwork(rows: NeutronRows): Promise<void> {
  await rows.run(
    "insert into standardattributes (id, resource_type, revision_number) values (9999, 'networks', 1)",
  );
  await rows.run(
    "insert into networks (id, name, status, admin_state_up, standard_attr_id, mtu) values (?, 'n', 'ACTIVE', ?, 9999, 1450)",
    [NETWORK, 1],
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

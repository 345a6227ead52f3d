import { sql } from 'kysely';
import { parseJson } from '../../domain/json.js';
import type { Binding, NeutronPort, NeutronStatus } from '../../domain/neutron-port.js';
import { keyOf } from '../../domain/report.js';
import { grouped } from '../../domain/grouped.js';
import type { ReportKey } from '../../domain/report.js';
import type { Db, SqlDialect } from './dialect.js';

/** An agent that is silent for longer counts as dead (N:conf/agent/common.py, agent_down_time). */
export const AGENT_DOWN_MS = 75_000;

/** Ports as they were read when they were locked. */
export interface LockedPorts {
  /** Those that were looked for. */
  readonly ids: ReadonlySet<string>;
  /** Those that there are. */
  readonly rows: readonly PortRow[];
}

export const NOTHING_LOCKED: LockedPorts = { ids: new Set(), rows: [] };

/**
 * Locks ports for writing, in Neutron's own order: `standardattributes` by id, then `ports`.
 *
 * What is read before the locks is used for nothing but finding the rows to lock.
 */
export async function lockPorts(
  db: Db,
  dialect: SqlDialect,
  portIds: readonly string[],
): Promise<LockedPorts> {
  const found = await sql<{ standard_attr_id: number }>`
    select standard_attr_id from ports where id ${dialect.among(portIds)}`.execute(db);
  const ids = found.rows.map((row) => row.standard_attr_id).sort((a, b) => a - b);
  return { ids: new Set(portIds), rows: ids.length === 0 ? [] : await lockRows(db, dialect, ids) };
}

async function lockRows(db: Db, dialect: SqlDialect, ids: readonly number[]): Promise<readonly PortRow[]> {
  const attributes = await sql<AttributesRow & { readonly id: number }>`
    select id, revision_number, ${dialect.ageMs('updated_at')} as age_ms from standardattributes
    where id ${dialect.among(ids)} order by id ${dialect.forUpdate}`.execute(db);
  const ports = await sql<OwnRow>`
    select id, standard_attr_id, status, admin_state_up, device_id, device_owner from ports
    where standard_attr_id ${dialect.among(ids)} order by standard_attr_id ${dialect.forUpdate}`.execute(db);
  const byId = new Map(attributes.rows.map((row) => [row.id, row]));
  return ports.rows.flatMap((port) => {
    const own = byId.get(port.standard_attr_id);
    return own === undefined ? [] : [{ ...port, revision_number: own.revision_number, age_ms: own.age_ms }];
  });
}

/**
 * Reads all that a verdict may depend on, in one statement per table, whatever the number of ports.
 *
 * @param locked what was read of them with their locks.
 */
export async function readPorts(
  db: Db,
  dialect: SqlDialect,
  portIds: readonly string[],
  locked = NOTHING_LOCKED,
): Promise<ReadonlyMap<string, NeutronPort>> {
  if (portIds.length === 0) return new Map();
  const others = portIds.filter((id) => !locked.ids.has(id));
  const rows = [...locked.rows, ...(await readRows(db, dialect, others))];
  const blocks = await readBlocks(
    db,
    dialect,
    rows.map((row) => row.standard_attr_id),
  );
  const { bindings, trunkParents } = await readBindings(db, dialect, portIds);
  const l2population = await readL2population(db, dialect, bindings);
  return new Map(
    rows.map((row) => {
      const own = bindings.get(row.id) ?? [];
      const port: NeutronPort = {
        portId: row.id,
        standardAttrId: row.standard_attr_id,
        revisionNumber: row.revision_number,
        status: row.status,
        ageMs: row.age_ms ?? Number.MAX_SAFE_INTEGER,
        adminStateUp: Boolean(row.admin_state_up),
        deviceId: row.device_id,
        deviceOwner: row.device_owner,
        blocks: blocks.get(row.standard_attr_id) ?? [],
        bindings: own,
        isTrunkParent: trunkParents.has(row.id),
        l2populationHosts: own.map(({ host }) => host).filter((host) => l2population.has(host)),
      };
      return [row.id, port];
    }),
  );
}

interface AttributesRow {
  readonly revision_number: number;
  readonly age_ms: number | null;
}

interface OwnRow {
  readonly id: string;
  readonly standard_attr_id: number;
  readonly status: NeutronStatus;
  readonly admin_state_up: number | boolean;
  readonly device_id: string;
  readonly device_owner: string;
}

export type PortRow = AttributesRow & OwnRow;

async function readRows(
  db: Db,
  dialect: SqlDialect,
  portIds: readonly string[],
): Promise<readonly PortRow[]> {
  if (portIds.length === 0) return [];
  const { rows } = await sql<PortRow>`
    select p.id, p.standard_attr_id, s.revision_number, ${dialect.ageMs('s.updated_at')} as age_ms,
           p.status, p.admin_state_up, p.device_id, p.device_owner
    from ports p join standardattributes s on s.id = p.standard_attr_id
    where p.id ${dialect.among(portIds)}`.execute(db);
  return rows;
}

async function readBlocks(
  db: Db,
  dialect: SqlDialect,
  ids: readonly number[],
): Promise<ReadonlyMap<number, readonly string[]>> {
  if (ids.length === 0) return new Map();
  const { rows } = await sql<{ standard_attr_id: number; entity: string }>`
    select standard_attr_id, entity from provisioningblocks ${dialect.by('primary')}
    where standard_attr_id ${dialect.among(ids)}`.execute(db);
  return grouped(
    rows,
    (row) => row.standard_attr_id,
    (row) => row.entity,
  );
}

interface BindingRow {
  readonly port_id: string;
  readonly host: string;
  readonly status: Binding['status'];
  readonly vif_type: string;
  readonly profile: string | null;
  readonly driver: string | null;
  /** The port, where it is a trunk's parent. */
  readonly trunk_parent: string | null;
}

interface Bindings {
  readonly bindings: ReadonlyMap<string, readonly Binding[]>;
  readonly trunkParents: ReadonlySet<string | null>;
}

/** Read without a lock: a rebind by Neutron locks bindings first, then waits for ours. ML2 gives every port a binding. */
async function readBindings(db: Db, dialect: SqlDialect, portIds: readonly string[]): Promise<Bindings> {
  const { rows } = await sql<BindingRow>`
    select b.port_id, b.host, b.status, b.vif_type, b.profile, l.driver, t.port_id as trunk_parent
    from ml2_port_bindings b
    left join ml2_port_binding_levels l on l.port_id = b.port_id and l.host = b.host and l.level = 0
    left join trunks t on t.port_id = b.port_id
    where b.port_id ${dialect.among(portIds)}`.execute(db);
  return {
    bindings: grouped(rows, (row) => row.port_id, toBinding),
    trunkParents: new Set(rows.map(({ trunk_parent }) => trunk_parent)),
  };
}

/** Of these keys, those whose chassis has an INACTIVE binding of the port: the target of a live migration. No lock, either. */
export async function readTargets(
  db: Db,
  dialect: SqlDialect,
  keys: readonly ReportKey[],
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<ReportKey>`
    select port_id as ${sql.ref('portId')}, host as chassis from ml2_port_bindings
    where status = 'INACTIVE' and port_id ${dialect.among(keys.map(({ portId }) => portId))}`.execute(db);
  return new Set(rows.map(keyOf));
}

function toBinding({ host, status, vif_type, profile, driver }: BindingRow): Binding {
  const migratingTo = textField(profile, 'migrating_to');
  return {
    host,
    status,
    vifType: vif_type,
    ...(driver === null ? {} : { driver }),
    ...(migratingTo === undefined ? {} : { migratingTo }),
  };
}

/** Hosts of these bindings on which a live agent runs l2population: neutron-server has to send its FDB entries. */
async function readL2population(
  db: Db,
  dialect: SqlDialect,
  bindings: ReadonlyMap<string, readonly Binding[]>,
): Promise<ReadonlySet<string>> {
  const hosts = [...new Set([...bindings.values()].flat().map(({ host }) => host))];
  if (hosts.length === 0) return new Set();
  const { rows } = await sql<{ host: string; configurations: string | null }>`
    select host, configurations from agents
    where host ${dialect.among(hosts)} and ${dialect.ageMs('heartbeat_timestamp')} < ${AGENT_DOWN_MS}`.execute(
    db,
  );
  return new Set(
    rows.filter((row) => field(row.configurations, 'l2_population') === true).map((row) => row.host),
  );
}

/** One field of a JSON object in a text column; undefined for anything that is not one: '' and NULL stand for none. */
export function field(json: string | null, name: string): unknown {
  if (json?.includes(name) !== true) return undefined;
  const value = parseJson(json);
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function textField(json: string | null, name: string): string | undefined {
  const value = field(json, name);
  return typeof value === 'string' ? value : undefined;
}

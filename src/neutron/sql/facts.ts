import { sql } from 'kysely';
import type { RawBuilder } from 'kysely';
import { parseJson } from '../../domain/json.js';
import type { Binding, NeutronPort, NeutronStatus } from '../../domain/neutron-port.js';
import { keyOf } from '../../domain/report.js';
import { grouped } from '../../domain/grouped.js';
import type { ReportKey } from '../../domain/report.js';
import type { Db, SqlDialect } from './dialect.js';
import { carryOut, question } from './statements.js';
import type { Statement } from './statement.js';

/** An agent that is silent for longer counts as dead (N:conf/agent/common.py, agent_down_time). */
export const AGENT_DOWN_MS = 75_000;

/** Ports as they were read when they were locked. */
export interface LockedPorts {
  /** Those that were looked for. */
  readonly ids: ReadonlySet<string>;
  /** Those that there are. */
  readonly rows: readonly PortRow[];
}

const NOTHING_LOCKED: LockedPorts = { ids: new Set(), rows: [] };

/**
 * Locks ports for writing, one after the other, each in Neutron's own order: `standardattributes`, then `ports`.
 *
 * What is read before the locks is used for nothing but finding the rows to lock.
 */
export function lockPorts(dialect: SqlDialect, portIds: readonly string[]): Statement<LockedPorts> {
  const text = sql`
    select ${ownColumns(dialect)}
    from (select distinct id, standard_attr_id from ports where id ${dialect.among(portIds)}) asked
    ${dialect.thenJoin} standardattributes s on s.id = asked.standard_attr_id
    ${dialect.thenJoin} ports p on p.id = asked.id
    order by s.id ${dialect.forUpdateOf('s', 'p')}`;
  return question(text, (rows: readonly PortRow[]) => ({ ids: new Set(portIds), rows }));
}

/** What a verdict may depend on of a port's own rows, `p` and `s`. */
function ownColumns(dialect: SqlDialect): RawBuilder<unknown> {
  return sql`p.id, p.standard_attr_id, s.revision_number, ${dialect.ageMs('s.updated_at')} as age_ms,
    p.status, p.admin_state_up, p.device_id, p.device_owner`;
}

/** Reads all that a verdict may depend on, in one statement, whatever the number of ports. */
export async function readPorts(
  db: Db,
  dialect: SqlDialect,
  portIds: readonly string[],
): Promise<ReadonlyMap<string, NeutronPort>> {
  if (portIds.length === 0) return new Map();
  return toPorts(await carryOut(db, readFacts(dialect, portIds, { withOwn: true })));
}

/** @param locked what was read of them with their locks. */
export function toPorts(rows: readonly FactRow[], locked = NOTHING_LOCKED): ReadonlyMap<string, NeutronPort> {
  const lockedRows = new Map(locked.rows.map((row) => [row.id, row]));
  const ports = new Map<string, NeutronPort>();
  for (const [id, facts] of grouped(
    rows,
    (row) => row.id,
    (row) => row,
  )) {
    const own = locked.ids.has(id) ? lockedRows.get(id) : facts[0];
    if (own !== undefined) ports.set(id, toPort(own, facts));
  }
  return ports;
}

function toPort(own: PortRow, facts: readonly FactRow[]): NeutronPort {
  const bindings = new Map(facts.flatMap((row) => (isBound(row) ? [[row.host, toBinding(row)]] : [])));
  const l2population = new Set(facts.map((row) => row.l2population_host));
  return {
    portId: own.id,
    standardAttrId: own.standard_attr_id,
    revisionNumber: own.revision_number,
    status: own.status,
    ageMs: own.age_ms ?? Number.MAX_SAFE_INTEGER,
    adminStateUp: Boolean(own.admin_state_up),
    deviceId: own.device_id,
    deviceOwner: own.device_owner,
    blocks: [...new Set(facts.flatMap(({ block }) => block ?? []))],
    bindings: [...bindings.values()],
    isTrunkParent: facts.some((row) => row.trunk_parent !== null),
    l2populationHosts: [...bindings.keys()].filter((host) => l2population.has(host)),
  };
}

/** What a verdict depends on of a port's own rows. */
export interface PortRow {
  readonly id: string;
  readonly standard_attr_id: number;
  readonly revision_number: number;
  readonly age_ms: number | null;
  readonly status: NeutronStatus;
  readonly admin_state_up: number | boolean;
  readonly device_id: string;
  readonly device_owner: string;
}

/** A port with one of its bindings, one of its blocks, and one agent of the binding's host: each with each. */
export type FactRow = PortRow &
  (BindingRow | { readonly host: null }) & {
    readonly block: string | null;
    /** The port, where it is a trunk's parent. */
    readonly trunk_parent: string | null;
    /** The binding's host, where a live agent runs l2population: neutron-server has to send its FDB entries. */
    readonly l2population_host: string | null;
  };

interface BindingRow {
  readonly host: string;
  readonly binding_status: Binding['status'];
  readonly vif_type: string;
  readonly profile: string | null;
  readonly driver: string | null;
}

function isBound(row: FactRow): row is FactRow & BindingRow {
  return row.host !== null;
}

/**
 * Bindings are read without a lock: a rebind by Neutron locks them first, then waits for ours.
 *
 * @param withOwn whether a port's own rows are read as well; only `id` is else.
 */
export function readFacts(
  dialect: SqlDialect,
  portIds: readonly string[],
  { withOwn }: { readonly withOwn: boolean },
): Statement<readonly FactRow[]> {
  const text = sql`
    select ${withOwn ? ownColumns(dialect) : sql`p.id`}, b.host, b.status as binding_status, b.vif_type, b.profile,
           l.driver, t.port_id as trunk_parent, k.entity as block, a.host as l2population_host
    from ports p ${withOwn ? sql`join standardattributes s on s.id = p.standard_attr_id` : sql``}
    left join ml2_port_bindings b on b.port_id = p.id
    left join ml2_port_binding_levels l on l.port_id = b.port_id and l.host = b.host and l.level = 0
    left join trunks t on t.port_id = p.id
    left join provisioningblocks k ${dialect.by('primary')} on k.standard_attr_id = p.standard_attr_id
    left join agents a on a.host = b.host and ${dialect.ageMs('a.heartbeat_timestamp')} < ${AGENT_DOWN_MS}
      and (a.configurations like ${L2_POPULATION.spaced} or a.configurations like ${L2_POPULATION.dense})
    where p.id ${dialect.among(portIds)}`;
  return question(text, (rows: readonly FactRow[]) => rows);
}

/** As an agent's configurations have it, a JSON object in a text column. */
const L2_POPULATION = { spaced: '%"l2_population": true%', dense: '%"l2_population":true%' };

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

function toBinding({ host, binding_status: status, vif_type, profile, driver }: BindingRow): Binding {
  const migratingTo = textField(profile, 'migrating_to');
  return {
    host,
    status,
    vifType: vif_type,
    ...(driver === null ? {} : { driver }),
    ...(migratingTo === undefined ? {} : { migratingTo }),
  };
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

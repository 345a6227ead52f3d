import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import type { Clock } from '../../runtime/clock.js';
import { GroupWrites } from './group-writes.js';
import { keepHistory, readHistory, writeAsNeutron } from './status-history.js';
import type { StatusChange } from './status-history.js';

/** A port as Nova asks Neutron for it: bound to the compute node on which its server will run. */
export interface PortRequest {
  readonly portId: string;
  readonly serverId: string;
  readonly host: string;
}

const SCHEMA = fileURLToPath(new URL('../../../neutron-schema/sqlite.sql', import.meta.url));
const NETWORK_ID = 'f167abef-c230-498e-bb60-46c2b041792f';
const NETWORK_ATTR_ID = 1;

/**
 * Neutron's own tables in a SQLite file, and what neutron-server does to them when Nova boots and migrates guests:
 * nothing of a status that is ours to write.
 */
export class FakeNeutron {
  readonly #database: Database.Database;
  readonly #writes: GroupWrites;
  #created = 0;

  /** Creates the tables in a new file. */
  constructor(path: string, clock: Clock) {
    this.#database = new Database(path);
    for (const setting of ['journal_mode = WAL', 'synchronous = NORMAL', 'busy_timeout = 0']) {
      this.#database.pragma(setting);
    }
    this.#database.exec(readFileSync(SCHEMA, 'utf8'));
    createNetwork(this.#database);
    this.#writes = new GroupWrites(this.#database, clock);
  }

  /** From now on each write of a status is recorded. The ledger must be there. */
  keepHistory(): void {
    keepHistory(this.#database);
  }

  /** Writes of statuses after that number, in their order. */
  historyAfter(no: number): readonly StatusChange[] {
    return readHistory(this.#database, no);
  }

  /** Creates a port that is bound, DOWN, and blocked until it is wired. */
  createPort(port: PortRequest): Promise<void> {
    const attrId = ++this.#created + NETWORK_ATTR_ID;
    return this.#writes.run((database) => createPort(database, port, attrId));
  }

  /** Adds the INACTIVE binding with which a live migration begins. */
  addBinding(portId: string, host: string): Promise<void> {
    return this.#writes.run((database) => insertBinding(database, portId, host, 'INACTIVE'));
  }

  /**
   * Makes a host's binding the active one: the port is DOWN and blocked until that host has wired it
   * (docs/neutron.md, "Waiting and why").
   *
   * @returns the number of that change in the history.
   */
  activateBinding(portId: string, host: string): Promise<number> {
    return this.#writes.run((database) =>
      writeAsNeutron(database, () => activateBinding(database, portId, host)),
    );
  }

  /** Removes the binding that a live migration leaves behind. */
  removeBinding(portId: string, host: string): Promise<void> {
    return this.#writes.run((database) => {
      for (const table of ['ml2_port_bindings', 'ml2_port_binding_levels']) {
        run(database, `delete from ${table} where port_id = ? and host = ?`, portId, host);
      }
    });
  }

  close(): void {
    this.#database.close();
  }
}

function createNetwork(database: Database.Database): void {
  run(
    database,
    "insert into standardattributes (id, resource_type, revision_number) values (?, 'networks', 1)",
    NETWORK_ATTR_ID,
  );
  run(
    database,
    `insert into networks (id, name, status, admin_state_up, mtu, standard_attr_id)
     values (?, 'demo', 'ACTIVE', 1, 1500, ?)`,
    NETWORK_ID,
    NETWORK_ATTR_ID,
  );
}

function createPort(
  database: Database.Database,
  { portId, serverId, host }: PortRequest,
  attrId: number,
): void {
  run(
    database,
    "insert into standardattributes (id, resource_type, revision_number) values (?, 'ports', 2)",
    attrId,
  );
  run(
    database,
    `insert into ports (id, network_id, mac_address, admin_state_up, status, device_id, device_owner, standard_attr_id)
     values (?, ?, ?, 1, 'DOWN', ?, 'compute:nova', ?)`,
    portId,
    NETWORK_ID,
    macOf(attrId),
    serverId,
    attrId,
  );
  insertBinding(database, portId, host, 'ACTIVE');
  insertBlock(database, portId);
}

function insertBinding(database: Database.Database, portId: string, host: string, status: string): void {
  run(
    database,
    `insert into ml2_port_bindings (port_id, host, vif_type, vnic_type, profile, vif_details, status)
     values (?, ?, 'ovs', 'normal', '', '', ?)`,
    portId,
    host,
    status,
  );
  run(
    database,
    "insert into ml2_port_binding_levels (port_id, host, level, driver) values (?, ?, 0, 'openvswitch')",
    portId,
    host,
  );
}

function activateBinding(database: Database.Database, portId: string, host: string): void {
  run(
    database,
    `update standardattributes set revision_number = revision_number + 1
     where id = (select standard_attr_id from ports where id = ?)`,
    portId,
  );
  run(database, "update ports set status = 'DOWN' where id = ?", portId);
  run(
    database,
    "update ml2_port_bindings set status = case host when ? then 'ACTIVE' else 'INACTIVE' end where port_id = ?",
    host,
    portId,
  );
  insertBlock(database, portId);
}

function insertBlock(database: Database.Database, portId: string): void {
  run(
    database,
    `insert or ignore into provisioningblocks (standard_attr_id, entity)
     select standard_attr_id, 'L2' from ports where id = ?`,
    portId,
  );
}

function run(database: Database.Database, statement: string, ...values: readonly (string | number)[]): void {
  database.prepare(statement).run(...values);
}

function macOf(number: number): string {
  const bytes = [16, 8, 0].map((shift) => ((number >> shift) & 255).toString(16).padStart(2, '0'));
  return `fa:16:3e:${bytes.join(':')}`;
}

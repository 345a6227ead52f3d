import Database from 'libsql';
import { NEUTRON_TABLES } from './neutron-tables.js';

/** A port as Nova asks Neutron for it: bound to the compute node on which its server will run. */
export interface PortRequest {
  readonly portId: string;
  readonly serverId: string;
  readonly host: string;
}

export interface FakePort {
  readonly status: string;
  /** Which server wrote it, and when, in milliseconds since 1970, by the ledger. */
  readonly server?: string;
  readonly appliedAt?: number;
}

const NETWORK_ID = 'f167abef-c230-498e-bb60-46c2b041792f';
const NETWORK_ATTR_ID = 1;

/**
 * Neutron's own tables in a SQLite file, and what neutron-server does to them when a port is created: nothing of a
 * status that is ours to write.
 */
export class FakeNeutron {
  readonly #database: Database.Database;
  #created = 0;

  /** Creates the tables in a new file. */
  constructor(path: string) {
    this.#database = new Database(path);
    this.#database.pragma('journal_mode = WAL');
    this.#database.pragma('busy_timeout = 5000');
    this.#database.exec(NEUTRON_TABLES);
    this.#run(
      "insert into standardattributes (id, resource_type, revision_number) values (?, 'networks', 1)",
      NETWORK_ATTR_ID,
    );
    this.#run(
      "insert into networks (id, name, status, admin_state_up, mtu, standard_attr_id) values (?, 'demo', 'ACTIVE', 1, 1500, ?)",
      NETWORK_ID,
      NETWORK_ATTR_ID,
    );
  }

  /** Creates a port that is bound, DOWN, and blocked until it is wired. */
  createPort({ portId, serverId, host }: PortRequest): void {
    const attrId = ++this.#created + NETWORK_ATTR_ID;
    this.#database.transaction(() => {
      this.#run(
        "insert into standardattributes (id, resource_type, revision_number) values (?, 'ports', 2)",
        attrId,
      );
      this.#run(
        `insert into ports (id, network_id, mac_address, admin_state_up, status, device_id, device_owner, standard_attr_id)
         values (?, ?, ?, 1, 'DOWN', ?, 'compute:nova', ?)`,
        portId,
        NETWORK_ID,
        macOf(attrId),
        serverId,
        attrId,
      );
      this.#run(
        "insert into ml2_port_bindings (port_id, host, vif_type, vnic_type, profile, vif_details, status) values (?, ?, 'ovs', 'normal', '', '', 'ACTIVE')",
        portId,
        host,
      );
      this.#run(
        "insert into ml2_port_binding_levels (port_id, host, level, driver) values (?, ?, 0, 'openvswitch')",
        portId,
        host,
      );
      this.#run("insert into provisioningblocks (standard_attr_id, entity) values (?, 'L2')", attrId);
    })();
  }

  /** The port's status, and what the ledger says of it. */
  port(portId: string): FakePort | undefined {
    const row = this.#database
      .prepare(
        `select p.status as status, r.server as server, r.applied_at as appliedAt
         from ports p left join port_status_reports r on r.port = p.id where p.id = ?`,
      )
      .get(portId);
    return row as FakePort | undefined;
  }

  close(): void {
    this.#database.close();
  }

  #run(statement: string, ...values: readonly (string | number)[]): void {
    this.#database.prepare(statement).run(...values);
  }
}

function macOf(number: number): string {
  const bytes = [16, 8, 0].map((shift) => ((number >> shift) & 255).toString(16).padStart(2, '0'));
  return `fa:16:3e:${bytes.join(':')}`;
}

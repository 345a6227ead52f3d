/** Neutron's words for a port's status (neutron-lib: PORT_STATUS_*). */
export type NeutronStatus = 'ACTIVE' | 'DOWN' | 'BUILD' | 'ERROR' | 'N/A';

/** One row of `ml2_port_bindings`. */
export interface Binding {
  readonly host: string;
  readonly status: 'ACTIVE' | 'INACTIVE';
  readonly vifType: string;
  /** `profile.migrating_to`: the host that a live migration is on its way to. */
  readonly migratingTo?: string;
  /** The mechanism driver of level 0 in `ml2_port_binding_levels`. */
  readonly driver?: string;
}

/** All that Neutron's tables say about one port and that a verdict may depend on. */
export interface NeutronPort {
  readonly portId: string;
  readonly standardAttrId: number;
  readonly revisionNumber: number;
  readonly status: NeutronStatus;
  /** Milliseconds since `updated_at`, by the Neutron database's clock. */
  readonly ageMs: number;
  readonly adminStateUp: boolean;
  readonly deviceId: string;
  readonly deviceOwner: string;
  /** Entities of `provisioningblocks`: 'L2', 'DHCP'. */
  readonly blocks: readonly string[];
  readonly bindings: readonly Binding[];
  readonly isTrunkParent: boolean;
  /** Hosts of this port's bindings on which a live agent runs l2population. */
  readonly l2populationHosts: readonly string[];
}

/** The provisioning block that belongs to whoever wires the port (N:db/provisioning_blocks.py, L2_AGENT_ENTITY). */
export const L2_BLOCK = 'L2';

/** Whether Nova owns the port: only such ports get provisioning blocks from us, and words to Nova. */
export function isComputePort({ deviceOwner }: Pick<NeutronPort, 'deviceOwner'>): boolean {
  return deviceOwner.startsWith('compute:');
}

/** The binding that Neutron holds for the true one, if any. */
export function activeBinding(port: NeutronPort): Binding | undefined {
  return port.bindings.find(({ status }) => status === 'ACTIVE');
}

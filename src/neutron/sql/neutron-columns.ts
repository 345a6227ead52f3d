/** Every column of Neutron that a statement of ours names. */
export const READ_COLUMNS = {
  alembic_version: ['version_num'],
  standardattributes: ['id', 'revision_number', 'updated_at'],
  ports: ['id', 'standard_attr_id', 'status', 'admin_state_up', 'device_id', 'device_owner'],
  provisioningblocks: ['standard_attr_id', 'entity'],
  ml2_port_bindings: ['port_id', 'host', 'status', 'vif_type', 'profile'],
  ml2_port_binding_levels: ['port_id', 'host', 'level', 'driver'],
  trunks: ['port_id'],
  agents: ['host', 'agent_type', 'configurations', 'heartbeat_timestamp'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/**
 * The tables of Neutron 21.0.0 (Zed) that matter here, as its models make them on SQLite.
 *
 * The same text as tests/fixtures/neutron-schema/sqlite.sql, which a test compares.
 */
export const NEUTRON_TABLES = `-- Neutron 21.0.0 (Zed): its models on SQLite, the tables that matter here.

CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, PRIMARY KEY (version_num)); -- added by hand: the models do not make it

CREATE TABLE standardattributes (
  id INTEGER NOT NULL, 
  resource_type VARCHAR(255) NOT NULL, 
  description VARCHAR(255), 
  revision_number INTEGER DEFAULT '0' NOT NULL, 
  created_at DATETIME, 
  updated_at DATETIME, 
  PRIMARY KEY (id)
);

CREATE TABLE networks (
  project_id VARCHAR(255), 
  id VARCHAR(36) NOT NULL, 
  name VARCHAR(255), 
  status VARCHAR(16), 
  admin_state_up BOOLEAN, 
  vlan_transparent BOOLEAN, 
  availability_zone_hints VARCHAR(255), 
  mtu INTEGER DEFAULT '1500' NOT NULL, 
  standard_attr_id INTEGER NOT NULL, 
  PRIMARY KEY (id), 
  UNIQUE (standard_attr_id), 
  FOREIGN KEY(standard_attr_id) REFERENCES standardattributes (id) ON DELETE CASCADE
);

CREATE INDEX ix_networks_project_id ON networks (project_id);

CREATE TABLE networksegments (
  id VARCHAR(36) NOT NULL, 
  network_id VARCHAR(36) NOT NULL, 
  network_type VARCHAR(32) NOT NULL, 
  physical_network VARCHAR(64), 
  segmentation_id INTEGER, 
  is_dynamic BOOLEAN DEFAULT (0) NOT NULL, 
  segment_index INTEGER DEFAULT '0' NOT NULL, 
  name VARCHAR(255), 
  standard_attr_id INTEGER NOT NULL, 
  PRIMARY KEY (id), 
  CONSTRAINT uniq_networksegment0network_id0network_type0physical_network UNIQUE (network_id, network_type, physical_network), 
  FOREIGN KEY(network_id) REFERENCES networks (id) ON DELETE CASCADE, 
  UNIQUE (standard_attr_id), 
  FOREIGN KEY(standard_attr_id) REFERENCES standardattributes (id) ON DELETE CASCADE
);

CREATE TABLE ports (
  project_id VARCHAR(255), 
  id VARCHAR(36) NOT NULL, 
  name VARCHAR(255), 
  network_id VARCHAR(36) NOT NULL, 
  mac_address VARCHAR(32) NOT NULL, 
  admin_state_up BOOLEAN NOT NULL, 
  status VARCHAR(16) NOT NULL, 
  device_id VARCHAR(255) NOT NULL, 
  device_owner VARCHAR(255) NOT NULL, 
  ip_allocation VARCHAR(16), 
  standard_attr_id INTEGER NOT NULL, 
  PRIMARY KEY (id), 
  CONSTRAINT uniq_ports0network_id0mac_address UNIQUE (network_id, mac_address), 
  FOREIGN KEY(network_id) REFERENCES networks (id), 
  UNIQUE (standard_attr_id), 
  FOREIGN KEY(standard_attr_id) REFERENCES standardattributes (id) ON DELETE CASCADE
);

CREATE INDEX ix_ports_network_id_mac_address ON ports (network_id, mac_address);

CREATE INDEX ix_ports_network_id_device_owner ON ports (network_id, device_owner);

CREATE INDEX ix_ports_device_id ON ports (device_id);

CREATE INDEX ix_ports_project_id ON ports (project_id);

CREATE INDEX ix_ports_network_id ON ports (network_id);

CREATE TABLE provisioningblocks (
  standard_attr_id INTEGER NOT NULL, 
  entity VARCHAR(255) NOT NULL, 
  PRIMARY KEY (standard_attr_id, entity), 
  FOREIGN KEY(standard_attr_id) REFERENCES standardattributes (id) ON DELETE CASCADE
);

CREATE TABLE ml2_port_bindings (
  port_id VARCHAR(36) NOT NULL, 
  host VARCHAR(255) DEFAULT '' NOT NULL, 
  vnic_type VARCHAR(64) DEFAULT 'normal' NOT NULL, 
  profile VARCHAR(4095) DEFAULT '' NOT NULL, 
  vif_type VARCHAR(64) NOT NULL, 
  vif_details VARCHAR(4095) DEFAULT '' NOT NULL, 
  status VARCHAR(16) DEFAULT 'ACTIVE' NOT NULL, 
  PRIMARY KEY (port_id, host), 
  FOREIGN KEY(port_id) REFERENCES ports (id) ON DELETE CASCADE
);

CREATE TABLE ml2_port_binding_levels (
  port_id VARCHAR(36) NOT NULL, 
  host VARCHAR(255) NOT NULL, 
  level INTEGER NOT NULL, 
  driver VARCHAR(64), 
  segment_id VARCHAR(36), 
  PRIMARY KEY (port_id, host, level), 
  FOREIGN KEY(port_id) REFERENCES ports (id) ON DELETE CASCADE, 
  FOREIGN KEY(segment_id) REFERENCES networksegments (id) ON DELETE SET NULL
);

CREATE TABLE ml2_distributed_port_bindings (
  port_id VARCHAR(36) NOT NULL, 
  host VARCHAR(255) NOT NULL, 
  router_id VARCHAR(36), 
  vif_type VARCHAR(64) NOT NULL, 
  vif_details VARCHAR(4095) DEFAULT '' NOT NULL, 
  vnic_type VARCHAR(64) DEFAULT 'normal' NOT NULL, 
  profile VARCHAR(4095) DEFAULT '' NOT NULL, 
  status VARCHAR(16) NOT NULL, 
  PRIMARY KEY (port_id, host), 
  FOREIGN KEY(port_id) REFERENCES ports (id) ON DELETE CASCADE
);

CREATE TABLE trunks (
  project_id VARCHAR(255), 
  id VARCHAR(36) NOT NULL, 
  admin_state_up BOOLEAN DEFAULT (1) NOT NULL, 
  name VARCHAR(255), 
  port_id VARCHAR(36) NOT NULL, 
  status VARCHAR(16) DEFAULT 'ACTIVE' NOT NULL, 
  standard_attr_id INTEGER NOT NULL, 
  PRIMARY KEY (id), 
  UNIQUE (port_id), 
  FOREIGN KEY(port_id) REFERENCES ports (id) ON DELETE CASCADE, 
  UNIQUE (standard_attr_id), 
  FOREIGN KEY(standard_attr_id) REFERENCES standardattributes (id) ON DELETE CASCADE
);

CREATE INDEX ix_trunks_project_id ON trunks (project_id);

CREATE TABLE agents (
  id VARCHAR(36) NOT NULL, 
  agent_type VARCHAR(255) NOT NULL, 
  binary VARCHAR(255) NOT NULL, 
  topic VARCHAR(255) NOT NULL, 
  host VARCHAR(255) NOT NULL, 
  availability_zone VARCHAR(255), 
  admin_state_up BOOLEAN DEFAULT (1) NOT NULL, 
  created_at DATETIME NOT NULL, 
  started_at DATETIME NOT NULL, 
  heartbeat_timestamp DATETIME NOT NULL, 
  description VARCHAR(255), 
  configurations VARCHAR(4095) NOT NULL, 
  resource_versions VARCHAR(8191), 
  load INTEGER DEFAULT '0' NOT NULL, 
  resources_synced BOOLEAN, 
  PRIMARY KEY (id), 
  CONSTRAINT uniq_agents0agent_type0host UNIQUE (agent_type, host)
);

CREATE INDEX ix_agents_host ON agents (host);
`;

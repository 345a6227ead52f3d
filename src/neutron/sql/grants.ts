import { READ_COLUMNS } from './neutron-columns.js';

export interface Grantee {
  /** Neutron's schema on MariaDB, its database on PostgreSQL. */
  readonly neutron: string;
  readonly ledgerSchema: string;
  /** As the database spells it: `'port_status'@'%'` on MariaDB, `port_status` on PostgreSQL. */
  readonly user: string;
}

/** The grants that the server's own database user needs, columns where writing a column is enough. */
export function grants(database: 'mariadb' | 'postgresql', grantee: Grantee): readonly string[] {
  return database === 'mariadb' ? mariadbGrants(grantee) : postgresqlGrants(grantee);
}

function mariadbGrants({ neutron, ledgerSchema, user }: Grantee): readonly string[] {
  const on = (rights: string, table: string): string =>
    `GRANT ${rights} ON \`${neutron}\`.\`${table}\` TO ${user};`;
  return [
    ...Object.keys(READ_COLUMNS).map((table) => on('SELECT', table)),
    on('UPDATE (`status`)', 'ports'),
    on('UPDATE (`revision_number`, `updated_at`)', 'standardattributes'),
    on('INSERT, DELETE', 'provisioningblocks'),
    `GRANT SELECT, INSERT, UPDATE, DELETE ON \`${ledgerSchema}\`.* TO ${user};`,
  ];
}

/** To be run in Neutron's database, after the ledger was made, and by the user who made it. */
function postgresqlGrants({ neutron, ledgerSchema, user }: Grantee): readonly string[] {
  const on = (rights: string, table: string): string => `GRANT ${rights} ON public."${table}" TO ${user};`;
  const ledgerRights = 'SELECT, INSERT, UPDATE, DELETE';
  return [
    `GRANT CONNECT ON DATABASE "${neutron}" TO ${user};`,
    `GRANT USAGE ON SCHEMA public, "${ledgerSchema}" TO ${user};`,
    ...Object.keys(READ_COLUMNS).map((table) => on('SELECT', table)),
    on('UPDATE ("status")', 'ports'),
    on('UPDATE ("revision_number", "updated_at")', 'standardattributes'),
    on('INSERT, DELETE', 'provisioningblocks'),
    `GRANT ${ledgerRights} ON ALL TABLES IN SCHEMA "${ledgerSchema}" TO ${user};`,
    `ALTER DEFAULT PRIVILEGES IN SCHEMA "${ledgerSchema}" GRANT ${ledgerRights} ON TABLES TO ${user};`,
  ];
}

import { describe } from 'vitest';
import { openDatabase } from '../../../src/neutron/open.js';
import { grants } from '../../../src/neutron/sql/grants.js';
import { migrate } from '../../../src/neutron/sql/migrations.js';
import { createNeutron } from '../../../src/neutron/sql/store.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { has } from '../../support/needs.js';
import { createUser, loadNeutron, POSTGRESQL, rowsOf, startPostgresql } from '../../support/postgresql.js';
import type { Postgresql } from '../../support/postgresql.js';
import type { StoreFixture } from './scene.js';
import { storeSuite } from './store-suite.js';

let server: Promise<Postgresql> | undefined;

/** A server with Neutron's tables, the ledger, and a user who has exactly the printed grants. */
async function prepareServer(): Promise<Postgresql> {
  const postgresql = await startPostgresql();
  const admin = await postgresql.admin();
  await loadNeutron(admin);
  const root = openDatabase(postgresql.url(), 'port_status', systemClock);
  await migrate(root, 'port_status');
  await root.db.destroy();
  const grantee = { neutron: 'neutron', ledgerSchema: 'port_status', user: 'ps' };
  await createUser(admin, 'ps', grants('postgresql', grantee));
  await admin.end();
  return postgresql;
}

/** Ports, blocks and bindings go with their standard attributes. */
const EMPTY = `delete from ports; delete from networks; delete from agents; delete from standardattributes;
  delete from port_status.reports; delete from port_status.claims; delete from port_status.quarantine;
  delete from port_status.incarnations`;

async function open(): Promise<StoreFixture> {
  server ??= prepareServer();
  const postgresql = await server;
  const admin = await postgresql.admin();
  await admin.query(EMPTY);
  const neutron = createNeutron(openDatabase(postgresql.url('ps'), 'port_status', systemClock), {
    clock: systemClock,
    random: seededRandom(1),
  });
  return {
    neutron,
    rows: rowsOf(admin),
    ledger: (name) => `port_status.${name}`,
    dispose: async () => {
      await neutron.close();
      await admin.end();
    },
  };
}

describe.skipIf(!has("Neutron's store on PostgreSQL", POSTGRESQL))('with a private server', () => {
  storeSuite('PostgreSQL', open, async () => (await server)?.dispose());
});

import { describe } from 'vitest';
import { openDatabase } from '../../../src/neutron/open.js';
import { grants, migrate } from '../../../src/neutron/sql/migrations.js';
import { createNeutron } from '../../../src/neutron/sql/store.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { createUser, loadNeutron, MARIADB, rowsOf, startMariadb } from '../../support/mariadb.js';
import type { Mariadb } from '../../support/mariadb.js';
import { has } from '../../support/needs.js';
import { storeSuite } from './store-suite.js';
import type { StoreFixture } from './store-suite.js';

let server: Promise<Mariadb> | undefined;

/** A server with Neutron's tables, the ledger, and a user who has exactly the printed grants. */
async function prepareServer(): Promise<Mariadb> {
  const mariadb = await startMariadb();
  const admin = await mariadb.admin();
  await loadNeutron(admin);
  const root = openDatabase(mariadb.url(), 'port_status', systemClock);
  await migrate(root, 'port_status');
  await root.db.destroy();
  await createUser(admin, 'ps', grants('neutron', 'port_status', "'ps'@'%'"));
  await admin.end();
  return mariadb;
}

/** Ports, blocks and bindings go with their standard attributes. */
const EMPTY = `use neutron; delete from ports; delete from networks; delete from standardattributes;
  delete from port_status.reports; delete from port_status.claims; delete from port_status.quarantine;
  delete from port_status.incarnations`;

async function open(): Promise<StoreFixture> {
  server ??= prepareServer();
  const mariadb = await server;
  const admin = await mariadb.admin();
  await admin.query(EMPTY);
  const neutron = createNeutron(openDatabase(mariadb.url('ps'), 'port_status', systemClock), {
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

describe.skipIf(!has("Neutron's store on MariaDB", MARIADB))('with a private server', () => {
  storeSuite('MariaDB', open, async () => (await server)?.dispose());
});

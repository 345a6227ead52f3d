import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Neutron } from '../../../src/neutron/neutron.js';
import { openDatabase } from '../../../src/neutron/open.js';
import { grants } from '../../../src/neutron/sql/grants.js';
import { migrate } from '../../../src/neutron/sql/migrations.js';
import { createNeutron } from '../../../src/neutron/sql/store.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { createUser, loadNeutron, MARIADB, startMariadb } from '../../support/mariadb.js';
import type { Mariadb } from '../../support/mariadb.js';
import { has } from '../../support/needs.js';
import { JUDGING, reportOf } from './scene.js';

const OBSERVING = { ...JUDGING, mayWrite: () => false };

describe.runIf(has('integration/neutron/observe-rights', MARIADB))(
  "with a user that may only read Neutron's tables",
  () => {
    let mariadb: Mariadb;
    let neutron: Neutron;

    beforeAll(async () => {
      mariadb = await startMariadb();
      await prepare(mariadb);
      const store = openDatabase(mariadb.url('reader'), 'port_status', systemClock);
      neutron = createNeutron(store, { clock: systemClock, random: seededRandom(1) });
    });
    afterAll(async () => {
      await neutron.close();
      await mariadb.dispose();
    });

    it('a server may start in observe mode', async () => {
      await expect(neutron.check({ willWrite: false })).resolves.toBeUndefined();
    });

    it('a server may not start in write mode, and is told every right that is missing', async () => {
      await expect(neutron.check({ willWrite: true })).rejects.toThrow(
        /missing right: UPDATE\(status\) on ports .*INSERT on provisioningblocks/,
      );
    });

    it('reports are judged, looked at again, swept and compared', async () => {
      await expect(neutron.judge([reportOf(1, 1)], OBSERVING)).resolves.toMatchObject({ kind: 'committed' });
      await makeDue(mariadb);
      await expect(neutron.takeDue(10, 2000)).resolves.toHaveLength(1);
      await expect(neutron.sweep({ limit: 10 }, OBSERVING)).resolves.toMatchObject({ rows: [{}] });
      await expect(neutron.compare({ limit: 10 }, OBSERVING)).resolves.toBeDefined();
    });

    it('writing may be paused and resumed', async () => {
      await neutron.setPaused(true);
      expect(await neutron.isPaused()).toBe(true);
      await neutron.setPaused(false);
      expect(await neutron.isPaused()).toBe(false);
    });
  },
);

async function prepare(mariadb: Mariadb): Promise<void> {
  const admin = await mariadb.admin();
  await loadNeutron(admin, { withPorts: true });
  const root = openDatabase(mariadb.url(), 'port_status', systemClock);
  await migrate(root, 'port_status');
  await root.db.destroy();
  await createUser(
    admin,
    'reader',
    grants('mariadb', { neutron: 'neutron', ledgerSchema: 'port_status', user: "'reader'@'%'" }).filter(
      changesNothing,
    ),
  );
  await admin.end();
}

/** Makes every row of the ledger due to be looked at. */
async function makeDue(mariadb: Mariadb): Promise<void> {
  const admin = await mariadb.admin();
  await admin.query('update port_status.reports set look_at = 1');
  await admin.end();
}

/** Whether a grant gives no right to change Neutron's tables. */
function changesNothing(grant: string): boolean {
  return grant.startsWith('GRANT SELECT ON') || grant.includes('`port_status`.*');
}

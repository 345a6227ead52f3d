import { openDatabase } from '../../../src/neutron/open.js';
import { createNeutron } from '../../../src/neutron/sql/store.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { makeNeutronFile } from '../../support/neutron-server.js';
import type { StoreFixture } from './scene.js';
import { storeSuite } from './store-suite.js';

async function open(): Promise<StoreFixture> {
  const file = await makeNeutronFile();
  const store = openDatabase(file.url, 'port_status', systemClock);
  const neutron = createNeutron(store, { clock: systemClock, random: seededRandom(1) });
  return {
    neutron,
    rows: file.rows,
    ledger: (name) => `port_status_${name}`,
    dispose: async () => {
      await neutron.close();
      await file.dispose();
    },
  };
}

storeSuite('SQLite', open, () => Promise.resolve());

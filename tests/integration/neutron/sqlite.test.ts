import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { openDatabase } from '../../../src/neutron/open.js';
import { migrate } from '../../../src/neutron/sql/migrations.js';
import { createNeutron } from '../../../src/neutron/sql/store.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { seededRandom } from '../../../src/runtime/random.js';
import type { StoreFixture } from './scene.js';
import { storeSuite } from './store-suite.js';

const DDL = fileURLToPath(new URL('../../../neutron-schema/sqlite.sql', import.meta.url));

async function open(): Promise<StoreFixture> {
  const folder = mkdtempSync(join(tmpdir(), 'port-status-sqlite-'));
  const path = join(folder, 'neutron.db');
  const direct = new Database(path);
  direct.exec(readFileSync(DDL, 'utf8'));
  const store = openDatabase(`sqlite:${path}`, 'port_status', systemClock);
  await migrate(store, 'port_status');
  const neutron = createNeutron(store, { clock: systemClock, random: seededRandom(1) });
  return {
    neutron,
    rows: { run: async (statement, values = []) => runOn(direct, statement, values) },
    ledger: (name) => `port_status_${name}`,
    dispose: async () => {
      await neutron.close();
      direct.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function runOn(
  database: Database.Database,
  statement: string,
  values: readonly unknown[],
): readonly Readonly<Record<string, unknown>>[] {
  const prepared = database.prepare(statement);
  if (prepared.reader) return prepared.all(...values) as Record<string, unknown>[];
  prepared.run(...values);
  return [];
}

storeSuite('SQLite', open, () => Promise.resolve());

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDatabase } from '../../../src/neutron/open.js';
import { transact } from '../../../src/neutron/sql/transaction.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { seededRandom } from '../../../src/runtime/random.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'port-status-locks-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

it('begins a transaction after the file was locked and changed by another process', async () => {
  const path = join(folder, 'neutron.db');
  const other = new Database(path);
  other.pragma('journal_mode = WAL');
  other.exec('create table t (a)');
  const store = openDatabase(`sqlite:${path}`, 'port_status', systemClock);
  other.exec('begin immediate; insert into t values (1)');
  const unlock = (): void => {
    if (other.inTransaction) other.exec('commit; insert into t values (2)');
  };
  const parts = { ...store, clock: systemClock, random: seededRandom(1), onConflict: unlock };
  const rows = await transact(parts, [], async (db) => (await sql`select a from t`.execute(db)).rows);
  expect(rows).toEqual([{ a: 1 }, { a: 2 }]);
  await store.db.destroy();
  other.close();
});

import Database from 'libsql';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { SqliteDatabase } from '../../../src/northbound/sqlite/database.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { seededRandom } from '../../../src/runtime/random.js';

it('a file that is closed inside a transaction, because its commit failed, keeps nobody else from writing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sqlite-session-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'northbound.db');
  const file = new SqliteDatabase(path, {
    clock: systemClock,
    random: seededRandom(1),
    onReplaced: () => undefined,
  });
  const session = file.use();
  session.exec('BEGIN IMMEDIATE');
  session.run('UPDATE meta SET sequence = sequence + 1');
  file.close();
  const other = new Database(path, { timeout: 0 });
  expect(() => other.exec('BEGIN IMMEDIATE')).not.toThrow();
  other.close();
});

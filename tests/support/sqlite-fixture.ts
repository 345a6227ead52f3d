import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'libsql';
import type { EngineFixture } from '../../src/northbound/conformance/conformance.js';
import { SqliteNorthbound } from '../../src/northbound/sqlite/sqlite-northbound.js';
import { systemRandom } from '../../src/runtime/random.js';
import { createShiftedClock } from './shifted-clock.js';

/** Where a test's database stands, and what can happen to it. */
export interface SqliteHome {
  readonly path: string;
  readonly faults: EngineFixture['faults'];
  readonly remove: () => void;
}

export async function openSqliteFixture(): Promise<EngineFixture> {
  const clock = createShiftedClock();
  const home = makeSqliteHome();
  return {
    ttlMs: 60_000,
    connect: async () => new SqliteNorthbound(home.path, { clock, random: systemRandom }),
    advance: async (ms) => clock.shift(ms),
    end: async () => home.remove(),
    faults: home.faults,
  };
}

export function makeSqliteHome(): SqliteHome {
  const root = mkdtempSync(join(tmpdir(), 'port-status-sync-'));
  const folder = join(root, 'here');
  const path = join(folder, 'northbound.db');
  mkdirSync(folder);
  return { path, faults: createFaults(root, path), remove: () => rmSync(root, { recursive: true }) };
}

/** The folder is moved away and back; the file is deleted, or replaced by a copy, under whoever has it open. */
function createFaults(root: string, path: string): EngineFixture['faults'] {
  const here = dirname(path);
  const away = join(root, 'away');
  const backup = join(root, 'backup.db');
  return {
    cut: {
      cut: async () => renameSync(here, away),
      restore: async () => renameSync(away, here),
    },
    loseEverything: async () => removeDatabase(path),
    rollBack: {
      checkpoint: async () => copyDatabase(path, backup),
      rollBack: async () => {
        removeDatabase(path);
        renameSync(backup, path);
      },
    },
  };
}

function removeDatabase(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`, { force: true });
}

function copyDatabase(path: string, copy: string): void {
  const database = new Database(path);
  database.prepare('VACUUM INTO ?').run([copy]);
  database.close();
}

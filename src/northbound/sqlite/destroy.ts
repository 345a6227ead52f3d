import { existsSync, rmSync } from 'node:fs';
import { SqliteDatabase } from './database.js';
import { doorbellFolderOf } from './doorbells.js';
import { translateFault } from './faults.js';
import { markFileOf } from './origin.js';
import type { SessionOptions } from './session.js';

/** What is there of a database: its file and what stands beside it, in the order in which it has to be removed. */
export function tracesOf(path: string): readonly string[] {
  const all = [`${path}-wal`, `${path}-shm`, path, markFileOf(path), doorbellFolderOf(path)];
  return all.filter((trace) => existsSync(trace));
}

/**
 * Removes a database from the disk. Nobody may have it open.
 *
 * The log goes before the file: a crash in between leaves an older state, not a log that the next file would swallow. To
 * run it again after a crash removes the rest.
 *
 * @throws {PortStatusError} LAYOUT when the file is not ours: nothing was removed then. UNAVAILABLE when it can not be
 *   removed.
 */
export function destroyFile(path: string, options: SessionOptions): void {
  try {
    if (existsSync(path)) checkThatItIsOurs(path, options);
    for (const trace of tracesOf(path)) rmSync(trace, { recursive: true, force: true });
  } catch (error) {
    throw translateFault(error, path);
  }
}

function checkThatItIsOurs(path: string, options: SessionOptions): void {
  const database = new SqliteDatabase(path, { ...options, isReadOnly: true, onReplaced: () => undefined });
  database.use();
  database.close();
}

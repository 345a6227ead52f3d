import { accessSync, closeSync, constants, existsSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { PortStatusError } from '../domain/errors.js';
import { isEtcdUrl, openEtcd } from './etcd/open.js';
import { MemoryDatabase } from './memory/database.js';
import { MemoryNorthbound } from './memory/memory-northbound.js';
import type { Northbound } from './northbound.js';
import type { OpenOptions } from './open-options.js';
import { isRedisUrl, openRedis } from './redis/open.js';
import { SqliteNorthbound } from './sqlite/sqlite-northbound.js';

/** How each engine is named, for whoever wrote something else. */
export const URL_FORMS =
  'sqlite:<path>, redis://<host>:6379, rediss://<host>:6379, redis+sentinel://<host>:26379,…/<master name>, etcd://<host>:2379,… or etcds://<host>:2379,…';

/**
 * Opens the northbound database that a URL names: `sqlite:<path of the file>`; `redis://…` and its kin (see
 * redis/address.ts); `etcd://…` (see etcd/address.ts); or `memory:`, which is this process' own and ends with it. A file is
 * made where there is none; its folder must exist. Nothing is connected to before the first verb.
 *
 * @throws {PortStatusError} CONFIG when the URL names no engine, or the file's folder can not be written to.
 */
export function openNorthbound(url: string, options: OpenOptions): Northbound {
  const [, engine = '', rest = ''] = /^([a-z+]+):(.*)$/s.exec(url) ?? [];
  if (engine === 'memory' && rest === '') return new MemoryNorthbound(new MemoryDatabase(options));
  if (engine === 'sqlite' && rest !== '') return new SqliteNorthbound(checkFile(rest), options);
  if (isRedisUrl(url)) return openRedis(url, options);
  if (isEtcdUrl(url)) return openEtcd(url, options);
  throw new PortStatusError(
    'CONFIG',
    `northbound.url names no known database; write ${URL_FORMS} or memory:`,
  );
}

/** SQLite writes beside the file too (`-wal`, `-shm`), as does the doorbell. */
function checkFile(file: string): string {
  const path = resolve(file);
  try {
    accessSync(dirname(path), constants.R_OK | constants.W_OK | constants.X_OK);
    if (existsSync(path)) closeSync(openSync(path, 'r+'));
  } catch (error) {
    throw new PortStatusError(
      'CONFIG',
      `northbound file ${path} can not be written (${String(error)}); make its folder, or let this user write there`,
      { cause: error },
    );
  }
  return path;
}

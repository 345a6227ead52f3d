import { accessSync, closeSync, constants, existsSync, openSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { PortStatusError } from '../domain/errors.js';
import type { Clock } from '../runtime/clock.js';
import type { Logger } from '../runtime/logger.js';
import type { Random } from '../runtime/random.js';
import { MemoryDatabase } from './memory/database.js';
import { MemoryNorthbound } from './memory/memory-northbound.js';
import type { Northbound } from './northbound.js';
import { SqliteNorthbound } from './sqlite/sqlite-northbound.js';

export interface OpenOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** For whoever only looks: the file is not made, and nothing in it or beside it is changed. Default false. */
  readonly isReadOnly?: boolean | undefined;
  /** Told where the host lacks what is only for speed. Default: nobody. */
  readonly logger?: Logger | undefined;
}

/**
 * Opens the northbound database that a URL names: `sqlite:<path of the file>`, or `memory:`, which is this process'
 * own and ends with it. The file is made where there is none; its folder must exist.
 *
 * @throws {PortStatusError} CONFIG when the URL names no engine, or the file's folder can not be written to.
 */
export function openNorthbound(url: string, options: OpenOptions): Northbound {
  const [, engine, rest = ''] = /^([a-z]+):(.*)$/.exec(url) ?? [];
  if (engine === 'memory' && rest === '') return new MemoryNorthbound(new MemoryDatabase(options));
  if (engine === 'sqlite' && rest !== '') return new SqliteNorthbound(checkFile(rest), options);
  throw new PortStatusError(
    'CONFIG',
    `northbound URL ${JSON.stringify(url)} names no known database; write sqlite:<path> or memory:`,
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

import Database from 'libsql';
import { PortStatusError } from '../../domain/errors.js';
import { unavailable } from '../refusals.js';

export const ENGINE = 'sqlite';

/** Primary result codes. Source: sqlite.org/rescode.html. */
const BUSY = 5;
const CONSTRAINT = 19;
const MISMATCH = 20;
const NOT_A_DATABASE = 26;

/** Whether another process holds the lock: trying again soon helps. */
export function isBusy(error: unknown): boolean {
  return primaryCode(error) === BUSY;
}

/** A failure of the library or the file system as one of ours; ours and plain bugs pass. */
export function translateFault(error: unknown, path: string): Error {
  if (error instanceof PortStatusError || error instanceof TypeError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  const code = primaryCode(error);
  if (code === CONSTRAINT || code === MISMATCH) {
    return new PortStatusError('BUG', `${path} refuses a value (${detail}); report this`, { cause: error });
  }
  if (code === NOT_A_DATABASE) {
    return new PortStatusError('LAYOUT', `${path} is no SQLite database; choose another file`, {
      cause: error,
    });
  }
  return unavailable(ENGINE, `${path} can not be used (${detail})`, error);
}

/** Undefined where the error has none: what the library throws when it can not open a file. */
function primaryCode(error: unknown): number | undefined {
  if (!(error instanceof Database.SqliteError) || error.rawCode === undefined) return undefined;
  return error.rawCode & 0xff;
}

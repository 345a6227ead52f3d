import { statSync } from 'node:fs';
import { PortStatusError } from '../domain/errors.js';
import type { Clock } from '../runtime/clock.js';
import type { SqlStore } from './sql/dialect.js';
import type { Link } from './sql/link.js';
import { openMariadb } from './sql/mariadb.js';
import { openPostgresql } from './sql/postgresql.js';
import { openSqlite } from './sql/sqlite.js';
import { readTls } from './sql/tls.js';
import type { TlsChoice } from './sql/tls.js';

/**
 * Opens the database that a URL names: `mysql://user:password@host:3306/neutron` (also `?socket=/path`),
 * `postgresql://user:password@host:5432/neutron` (also `?socket=/folder`), or `sqlite:/path/to/neutron.db`.
 *
 * @throws {PortStatusError} CONFIG for any other URL, without repeating it: it may hold a password; and where there is no
 *   such file, or the files for TLS can not be used.
 */
export function openDatabase(url: string, ledgerSchema: string, clock: Clock, tls: TlsChoice = {}): SqlStore {
  if (url.startsWith('sqlite:')) return openFile(url.slice('sqlite:'.length), clock);
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed?.protocol === 'mysql:' || parsed?.protocol === 'mariadb:')
    return openMariadb(checkEncoding(parsed), ledgerSchema, linkOf(parsed, tls));
  if (parsed?.protocol === 'postgresql:' || parsed?.protocol === 'postgres:')
    return openPostgresql(checkEncoding(parsed), ledgerSchema, linkOf(parsed, tls));
  throw new PortStatusError(
    'CONFIG',
    'neutron.url must look like mysql://user:password@host:3306/neutron, postgresql://user:password@host:5432/neutron or sqlite:/path/to/neutron.db',
  );
}

/** Nobody listens in on a unix socket. */
function linkOf(url: URL, tls: TlsChoice): Link {
  return url.searchParams.has('socket') ? {} : { tls: readTls(tls) };
}

/** A `%` in a password has to be written as `%25`, or the URL can not be taken apart. */
function checkEncoding(url: URL): URL {
  try {
    decodeURIComponent(url.href);
    return url;
  } catch {
    throw new PortStatusError(
      'CONFIG',
      'neutron.url has a % that begins no percent-encoded character; write %25 for it in user, password and schema',
    );
  }
}

/** SQLite would make a file that is not there, and a mistyped path would look like a Neutron without ports. */
function openFile(path: string, clock: Clock): SqlStore {
  try {
    if (sizeOf(path) > 0) return openSqlite(path, clock);
  } catch (error) {
    throw new PortStatusError(
      'CONFIG',
      `neutron.url: ${path} can not be opened; check that it is a file, and its rights`,
      { cause: error },
    );
  }
  throw new PortStatusError(
    'CONFIG',
    `neutron.url: ${path} does not exist or is empty, and Neutron's tables are expected there; correct the path`,
  );
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

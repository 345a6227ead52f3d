import { PortStatusError } from '../../domain/errors.js';
import type { Session } from './session.js';

/** Version of the layout, kept in the file's `user_version`. A file of another version is refused, never converted. */
const LAYOUT = 1;

/**
 * What the file holds.
 *
 * - `meta`: one row. `incarnation` with what it was made under: `boot` (the host's boot id) and `file` (device and inode).
 *   `registrations` and `sequence` count listener registrations and topic entries; they never go back.
 * - `chassis`, `listeners`: registrations. Timestamps are milliseconds of the host's monotonic clock.
 * - `reports`: one row per (chassis, port): content and place in one, so that no crash can come between. `place` is a
 *   listener's id, '' for unassigned, NULL once acknowledged; the index `topics` makes the topics of it.
 *   `sequence` is the position in the topic; what a listener was given lies at or below its `cursor`.
 *
 * A crash of a process loses nothing that was committed. A crash of the host may lose the last commits
 * (`synchronous=NORMAL`): the boot id then differs, and the incarnation is renewed.
 */
const TABLES = `
  CREATE TABLE meta (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    incarnation TEXT NOT NULL,
    boot TEXT NOT NULL,
    file TEXT NOT NULL,
    registrations INTEGER NOT NULL DEFAULT 0,
    sequence INTEGER NOT NULL DEFAULT 0
  ) STRICT;
  CREATE TABLE chassis (
    chassis TEXT NOT NULL PRIMARY KEY,
    token TEXT NOT NULL,
    number INTEGER NOT NULL,
    max_revision INTEGER NOT NULL DEFAULT 0,
    complete INTEGER,
    complete_incarnation TEXT,
    hold TEXT,
    approved TEXT,
    version TEXT,
    timestamp INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE listeners (
    id TEXT NOT NULL PRIMARY KEY,
    ttl_ms INTEGER NOT NULL,
    versions TEXT NOT NULL,
    generation TEXT NOT NULL,
    number INTEGER NOT NULL,
    cursor INTEGER NOT NULL DEFAULT 0,
    fenced INTEGER NOT NULL DEFAULT 0,
    timestamp INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE reports (
    chassis TEXT NOT NULL,
    port TEXT NOT NULL,
    revision INTEGER NOT NULL,
    version INTEGER NOT NULL,
    is_down INTEGER NOT NULL,
    body TEXT NOT NULL,
    incarnation TEXT NOT NULL,
    published_at INTEGER NOT NULL,
    pending_since INTEGER NOT NULL,
    place TEXT,
    sequence INTEGER NOT NULL,
    UNIQUE (chassis, port)
  ) STRICT;
  CREATE INDEX topics ON reports (place, sequence) WHERE place IS NOT NULL;
  PRAGMA user_version = ${LAYOUT};
`;

/** What an incarnation is made under; where either differs, writes may have been lost. */
export interface Origin {
  /** The host's boot id. */
  readonly boot: string;
  /** Device and inode of the file. */
  readonly file: string;
}

/**
 * Checks that the file is ours or new, before anything in it is changed.
 *
 * @throws {PortStatusError} LAYOUT when it is another program's or of another version.
 */
export function checkLayout(session: Session, path: string): void {
  if (versionOf(session) === LAYOUT) return;
  if (session.rows('SELECT name FROM sqlite_master LIMIT 1').length === 0) return;
  throw new PortStatusError(
    'LAYOUT',
    `${path} has layout ${versionOf(session)}, and this program knows ${LAYOUT}; choose another file or the program's version that wrote it`,
  );
}

/**
 * Makes the tables where there are none, and a new incarnation where this file may have lost writes. Runs inside a
 * writing transaction, so that of several processes that open the file at once one does it.
 */
export function prepareLayout(session: Session, origin: Origin): void {
  if (versionOf(session) !== LAYOUT) session.exec(TABLES);
  const [meta] = session.rows<Origin>('SELECT boot, file FROM meta');
  if (meta?.boot !== origin.boot || meta.file !== origin.file) renewIncarnation(session, origin);
}

function versionOf(session: Session): number {
  const [found] = session.rows<{ readonly user_version: number }>('PRAGMA user_version');
  return found?.user_version ?? 0;
}

/** The ttl of every listener starts again: the clock that its timestamp was read from may be another one. */
function renewIncarnation(session: Session, { boot, file }: Origin): void {
  session.run(
    `INSERT INTO meta (only_row, incarnation, boot, file) VALUES (1, ?, ?, ?) ON CONFLICT DO UPDATE
     SET incarnation = excluded.incarnation, boot = excluded.boot, file = excluded.file`,
    session.random.id(),
    boot,
    file,
  );
  session.run('UPDATE listeners SET timestamp = ?', session.now());
}

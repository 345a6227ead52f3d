import { PortStatusError } from '../../domain/errors.js';
import type { Origin } from './origin.js';
import type { Session } from './session.js';

/** Version of the layout, kept in the file's `user_version`. A file of another version is refused, never converted. */
const LAYOUT = 2;

/** Tells our files from other programs', in the file's `application_id`: "PSSy". */
const APPLICATION = 0x50535379;

/**
 * What the file holds.
 *
 * - `meta`: one row. `incarnation` with what it was made under: `boot`, `file` and `mark` (see Origin).
 *   `registrations` and `sequence` count listener registrations and topic entries; they never go back.
 * - `chassis`, `listeners`: registrations. Timestamps are milliseconds of the host's monotonic clock. `words` counts
 *   what a chassis said, `done` is what a server said with its heartbeat that it has done (JSON). Programs of before made
 *   `listeners` without `done`: the first heartbeat that finds none adds it, and those programs go on beside it.
 * - `reports`: one row per (chassis, port): content and place in one, so that no crash can come between. `place` is a
 *   listener's id, '' for unassigned, NULL once acknowledged; the index `topics` makes the topics of it.
 *   `sequence` is the position in the topic; what a listener was given lies at or below its `cursor`.
 *
 * A crash of a process loses nothing that was committed. A crash of the host may lose the last commits
 * (`synchronous=NORMAL`): the boot id then differs, and the incarnation is renewed.
 */
export const TABLES = `
  CREATE TABLE meta (
    only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
    incarnation TEXT NOT NULL,
    boot TEXT NOT NULL,
    file TEXT NOT NULL,
    mark TEXT NOT NULL,
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
    words INTEGER NOT NULL DEFAULT 1,
    timestamp INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE listeners (
    id TEXT NOT NULL PRIMARY KEY,
    ttl_ms INTEGER NOT NULL,
    versions TEXT NOT NULL,
    program TEXT NOT NULL,
    generation TEXT NOT NULL,
    number INTEGER NOT NULL,
    cursor INTEGER NOT NULL DEFAULT 0,
    fenced INTEGER NOT NULL DEFAULT 0,
    draining INTEGER NOT NULL DEFAULT 0,
    timestamp INTEGER NOT NULL,
    done TEXT
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
  PRAGMA application_id = ${APPLICATION};
  PRAGMA user_version = ${LAYOUT};
`;

/**
 * Checks that the file is ours or new, before anything in it is changed.
 *
 * @throws {PortStatusError} LAYOUT when it is another program's or of another version.
 */
export function checkLayout(session: Session, path: string): void {
  if (isOurs(session)) return;
  if (session.rows('SELECT name FROM sqlite_master LIMIT 1').length === 0) return;
  // Another process may have made the layout between the first two looks.
  if (isOurs(session)) return;
  throw new PortStatusError(
    'LAYOUT',
    `${path} does not have layout ${LAYOUT} of the northbound database; choose another file, or the program's version that wrote it`,
  );
}

/**
 * Makes the tables where there are none, and a new incarnation where this file may have lost writes. Runs inside a
 * writing transaction, so that of several processes that open the file at once one does it.
 */
export function prepareLayout(session: Session, origin: Origin): void {
  if (!isOurs(session)) session.exec(TABLES);
  const [meta] = session.rows<Origin>('SELECT boot, file, mark FROM meta');
  const isSame = meta?.boot === origin.boot && meta.file === origin.file && meta.mark === origin.mark;
  if (!isSame) renewIncarnation(session, origin);
}

/** Makes the column that a table of an earlier program has not. */
export function addDone(session: Session): void {
  session.exec('ALTER TABLE listeners ADD COLUMN done TEXT');
}

/** Stores the mark that the next opening has to find beside the file. */
export function setMark(session: Session, mark: string): void {
  session.run('UPDATE meta SET mark = ?', mark);
}

function isOurs(session: Session): boolean {
  const [version] = session.rows<{ readonly user_version: number }>('PRAGMA user_version');
  const [application] = session.rows<{ readonly application_id: number }>('PRAGMA application_id');
  return version?.user_version === LAYOUT && application?.application_id === APPLICATION;
}

/** The ttl of every listener and the age of every chassis start again: the clock that its timestamp was read from may be another one. */
function renewIncarnation(session: Session, { boot, file, mark }: Origin): void {
  session.run(
    `INSERT INTO meta (only_row, incarnation, boot, file, mark) VALUES (1, ?, ?, ?, ?) ON CONFLICT DO UPDATE
     SET incarnation = excluded.incarnation, boot = excluded.boot, file = excluded.file`,
    session.random.id(),
    boot,
    file,
    mark,
  );
  session.run('UPDATE listeners SET timestamp = ?', session.now());
  session.run('UPDATE chassis SET timestamp = ?', session.now());
}

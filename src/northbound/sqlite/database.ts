import Database from 'libsql';
import { nothingThere } from '../refusals.js';
import { ENGINE } from './faults.js';
import { checkLayout, prepareLayout, setMark } from './layout.js';
import { identify, readBootId, readMark, writeMark } from './origin.js';
import { Session } from './session.js';
import type { SessionOptions } from './session.js';

/** How long SQLite itself waits for another process' lock, which stops the event loop: see GroupCommit for the rest. */
const BUSY_TIMEOUT_MS = 20;

export interface SqliteDatabaseOptions extends SessionOptions {
  /** Identifies the host's run since its last boot. Default: the kernel's boot id. */
  readonly boot?: string | undefined;
  /** Whether nothing may be made or changed: neither the file nor what is in it. Default false. */
  readonly isReadOnly?: boolean | undefined;
  /** Called when the path no longer leads to the file that was open. */
  readonly onReplaced: () => void;
}

/**
 * The file at one path, and the session on it.
 *
 * The path is looked at before every use: where it leads to another file (a restored backup) or to none, that one is
 * opened or made instead. Its incarnation is then another, which is how callers learn of it.
 */
export class SqliteDatabase {
  readonly path: string;
  readonly #options: SqliteDatabaseOptions;
  #session: Session | undefined;
  #file: string | undefined;

  constructor(path: string, options: SqliteDatabaseOptions) {
    this.path = path;
    this.#options = options;
  }

  /** The session on the file that the path leads to now. @throws whatever the library or the file system throws. */
  use(): Session {
    const file = identify(this.path);
    if (this.#session !== undefined && file === this.#file) return this.#session;
    if (this.#session !== undefined) this.#options.onReplaced();
    this.close();
    return this.#open();
  }

  /** Ends the session; the next use opens the file again. */
  close(): void {
    this.#session?.close();
    this.#session = undefined;
  }

  #open(): Session {
    if (this.#options.isReadOnly === true && identify(this.path) === undefined)
      throw nothingThere(ENGINE, `${this.path} does not exist`);
    const database = new Database(this.path, { timeout: BUSY_TIMEOUT_MS });
    const session = new Session(database, this.#options);
    try {
      this.#file = this.#options.isReadOnly === true ? this.#look(session) : this.#prepare(session);
      this.#session = session;
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** Leaves incarnation and mark as they are, so that nobody notices. */
  #look(session: Session): string {
    session.exec('PRAGMA query_only = 1');
    checkLayout(session, this.path);
    return identify(this.path) ?? '';
  }

  #prepare(session: Session): string {
    checkLayout(session, this.path);
    session.rows('PRAGMA journal_mode = WAL');
    session.exec('PRAGMA synchronous = NORMAL');
    session.exec('BEGIN IMMEDIATE');
    const file = identify(this.path) ?? '';
    const boot = this.#options.boot ?? readBootId();
    prepareLayout(session, { boot, file, mark: readMark(this.path) });
    this.#renewMark(session);
    session.exec('COMMIT');
    return file;
  }

  /** A crash before the commit leaves two marks that differ: a needless new incarnation, which harms nothing. */
  #renewMark(session: Session): void {
    const mark = session.random.id();
    setMark(session, mark);
    writeMark(this.path, mark);
  }
}

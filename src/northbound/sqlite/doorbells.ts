import { createHash } from 'node:crypto';
import { mkdirSync, watch, writeFileSync } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { silentLogger } from '../../runtime/logger.js';
import type { Logger } from '../../runtime/logger.js';
import { Bells } from '../bells.js';

/**
 * Wakes the listeners of one host across its processes: beside the database `<db>` stands the folder `<db>-doorbells`
 * with one file per listener; whoever puts something into a topic writes one byte to its file, the receiver watches it.
 *
 * A ring that is lost costs until the next heartbeat, which rings too where something waits; a host that has no watch to
 * give (fs.inotify.max_user_instances) costs that each time, until it has one. The files hold nothing: they may be
 * deleted while no server runs.
 */
export class Doorbells {
  readonly #folder: string;
  /** Those who wait in this process. */
  readonly here = new Bells();
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #logger: Logger;
  /** Those that nothing could be watched for when it was tried last. */
  readonly #deaf = new Set<string>();

  constructor(databasePath: string, logger: Logger = silentLogger) {
    this.#folder = doorbellFolderOf(databasePath);
    this.#logger = logger;
  }

  /** Watches the listener's file from now on. */
  watch(listener: string): void {
    this.unwatch(listener);
    this.keepWatching(listener);
  }

  /** Watches it where it is not watched: what the host refused before it may grant now. */
  keepWatching(listener: string): void {
    if (this.#watchers.has(listener)) return;
    const file = this.#fileOf(listener);
    try {
      this.#watchers.set(listener, this.#open(file, listener));
      if (this.#deaf.delete(listener) && this.#deaf.size === 0) this.#noteWatched();
    } catch (error) {
      if (this.#deaf.size === 0) this.#explain(file, error);
      this.#deaf.add(listener);
    }
  }

  #open(file: string, listener: string): FSWatcher {
    mkdirSync(this.#folder, { recursive: true });
    writeFileSync(file, '', { flag: 'a' });
    const watcher = watch(file, () => this.here.ring(listener));
    return watcher.on('error', () => {
      watcher.close();
      if (this.#watchers.get(listener) === watcher) this.#watchers.delete(listener);
    });
  }

  #explain(file: string, error: unknown): void {
    this.#logger.warn(
      { event: 'doorbell.unwatched', why: String(error) },
      `${file} can not be watched (${String(error)}): reports are seen with the next heartbeat only; check the folder's rights and fs.inotify.max_user_instances`,
    );
  }

  #noteWatched(): void {
    this.#logger.info({ event: 'doorbell.watched' }, `the files in ${this.#folder} are watched`);
  }

  unwatch(listener: string): void {
    this.#watchers.get(listener)?.close();
    this.#watchers.delete(listener);
  }

  /** Wakes whoever waits on this host. */
  ringEverywhere(listener: string): void {
    this.here.ring(listener);
    try {
      writeFileSync(this.#fileOf(listener), '.', { flag: 'r+' });
    } catch {
      // No such file: nobody ever joined under that name here.
    }
  }

  close(): void {
    for (const listener of [...this.#watchers.keys()]) this.unwatch(listener);
    this.here.ringAll();
  }

  /** Any name makes a file name of one length. */
  #fileOf(listener: string): string {
    return join(this.#folder, createHash('sha256').update(listener).digest('hex').slice(0, 32));
  }
}

/** The folder beside a database that has a file for each listener. */
export function doorbellFolderOf(databasePath: string): string {
  return `${databasePath}-doorbells`;
}

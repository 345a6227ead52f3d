import { createHash } from 'node:crypto';
import { mkdirSync, watch, writeFileSync } from 'node:fs';
import type { FSWatcher } from 'node:fs';
import { join } from 'node:path';
import { PortStatusError } from '../../domain/errors.js';
import { Bells } from '../bells.js';

/**
 * Wakes the listeners of one host across its processes: beside the database `<db>` stands the folder `<db>-doorbells`
 * with one file per listener; whoever puts something into a topic writes one byte to its file, the receiver watches it.
 *
 * A ring that is lost costs until the next heartbeat, which rings too where something waits. The files hold nothing:
 * they may be deleted while no server runs.
 */
export class Doorbells {
  readonly #folder: string;
  /** Those who wait in this process. */
  readonly here = new Bells();
  readonly #watchers = new Map<string, FSWatcher>();

  constructor(databasePath: string) {
    this.#folder = doorbellFolderOf(databasePath);
  }

  /** Watches the listener's file from now on. @throws {PortStatusError} CONFIG when the host can not. */
  watch(listener: string): void {
    this.unwatch(listener);
    const file = this.#fileOf(listener);
    try {
      mkdirSync(this.#folder, { recursive: true });
      writeFileSync(file, '', { flag: 'a' });
      const watcher = watch(file, () => this.here.ring(listener)).on('error', () => watcher.close());
      this.#watchers.set(listener, watcher);
    } catch (error) {
      throw new PortStatusError(
        'CONFIG',
        `${file} can not be watched (${String(error)}); check the folder's rights and fs.inotify.max_user_instances`,
        { cause: error },
      );
    }
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

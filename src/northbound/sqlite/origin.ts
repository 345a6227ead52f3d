import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';

/** What an incarnation is made under; where any of it differs, writes may have been lost. */
export interface Origin {
  /** The host's boot id. */
  readonly boot: string;
  /** Device and inode of the file. */
  readonly file: string;
  /** A random id that is renewed at every opening, both in the file and beside it: tells an older copy of the file. */
  readonly mark: string;
}

/** Device and inode of the file at a path, or undefined where there is none. */
export function identify(path: string): string | undefined {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats === undefined ? undefined : `${stats.dev}:${stats.ino}`;
}

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/**
 * Changes with every boot of the host, also seen from inside a container. Source: random(4). Only Linux has it; on other
 * systems, which serve for trying things out, a power failure that costs the last commits goes unnoticed.
 */
export function readBootId(): string {
  return existsSync(BOOT_ID) ? readFileSync(BOOT_ID, 'utf8').trim() : 'unknown';
}

/** The mark beside the file, or nothing where none was left. */
export function readMark(path: string): string {
  return existsSync(markFileOf(path)) ? readFileSync(markFileOf(path), 'utf8') : '';
}

export function writeMark(path: string, mark: string): void {
  writeFileSync(markFileOf(path), mark);
}

/** The file beside a database that bears its mark. */
export function markFileOf(path: string): string {
  return `${path}-mark`;
}

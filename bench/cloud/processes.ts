import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in hundredths of a second (USER_HZ). */
const TICKS_PER_SECOND = 100;

/** Seconds of processor time that a process and its children have taken. Linux alone tells that. */
export function cpuSecondsOf(pid: number): number {
  const own = statOf(pid);
  if (own === undefined) return 0;
  return childrenOf(pid).reduce((sum, child) => sum + cpuSecondsOf(child), own.ticks / TICKS_PER_SECOND);
}

/** The most memory that a process held at any time, in MiB; 0 where it has ended. */
export function peakRssMibOf(pid: number): number {
  return mibOf(pid, 'VmHWM');
}

/** The memory that it holds now, in MiB. */
export function rssMibOf(pid: number): number {
  return mibOf(pid, 'VmRSS');
}

function mibOf(pid: number, field: 'VmHWM' | 'VmRSS'): number {
  const [, kib = 0] = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(read(`/proc/${pid}/status`)) ?? [];
  return Math.round(Number(kib) / 1024);
}

export function childrenOf(pid: number): readonly number[] {
  const all = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return all.filter((other) => statOf(other)?.parent === pid);
}

/** The words that it was started with. */
export function commandOf(pid: number): readonly string[] {
  return read(`/proc/${pid}/cmdline`).split('\0');
}

/** What /proc/<pid>/stat says: see proc(5). The fields after the name in parentheses begin with the state. */
function statOf(pid: number): { readonly parent: number; readonly ticks: number } | undefined {
  const text = read(`/proc/${pid}/stat`);
  if (text === '') return undefined;
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [user = 0, system = 0, usersOfEnded = 0, systemsOfEnded = 0] = fields.slice(11, 15);
  return { parent: fields[1] ?? 0, ticks: user + system + usersOfEnded + systemsOfEnded };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

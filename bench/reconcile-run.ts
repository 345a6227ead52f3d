import type { MillionCloud } from './million-cloud.js';
import { runMeasured } from './run-measured.js';

/** What the command printed. */
export interface Answer {
  readonly changes: readonly { readonly kind: string; readonly portId: string }[];
  readonly counts: {
    readonly mended: number;
    readonly left: number;
    readonly silent: number;
    readonly read: Readonly<Record<'records' | 'ledger' | 'ports', number>>;
  };
}

export type Run = Answer & { readonly tookMs: number; readonly peakRssMib: number };

/** Runs `port-status reconcile` in write mode. */
export async function run(cloud: MillionCloud, rate: number, ...flags: readonly string[]): Promise<Run> {
  const words = ['reconcile', '--json', '--rate', String(rate), ...flagsFor(cloud), ...flags];
  const { stdout, stderr, tookMs, peakRssMib } = await runMeasured(words);
  if (stdout === '') throw new Error(stderr);
  return { ...(JSON.parse(stdout) as Answer), tookMs, peakRssMib };
}

export function flagsFor({ neutronUrl, northboundUrl }: MillionCloud): readonly string[] {
  const urls = ['--neutron-url', neutronUrl, '--northbound-url', northboundUrl];
  return [...urls, '--neutron-drivers', 'openvswitch', '--apply-mode', 'write', '--apply-chassis', '*'];
}

/** Rows a second, in the time of a whole process, its start and end included. */
export function rateOf({ counts, tookMs }: Run): number {
  return Math.round((rowsOf(counts) * 1000) / tookMs);
}

export function isWithin(rate: number, { counts, tookMs }: Run): boolean {
  return rowsOf(counts) - FREE <= (rate * tookMs) / 1000;
}

function rowsOf({ read: { records, ledger, ports } }: Answer['counts']): number {
  return records + ledger + ports;
}

/** Rows that are free at the beginning of each of the three passes. */
const FREE = 3 * 1000;

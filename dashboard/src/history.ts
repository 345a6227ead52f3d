import type { Overview } from '../../src/http/overview.js';
import { backlogOf } from './flow.js';
import type { Percentiles } from './latencies.js';
import type { Pace } from './pace.js';

/** Seconds that the charts show, and that are kept: what is kept grows with them and with the servers, and no further. */
const SHOWN = 300;

/** One second of the charts. */
export interface Tick {
  readonly atMs: number;
  /** Reports a second. */
  readonly arrived: number;
  readonly written: number;
  readonly commit: Percentiles | undefined;
  readonly nova: Percentiles | undefined;
  /** Reports that wait in all topics. */
  readonly backlog: number;
  readonly servers: ReadonlyMap<string, ServerTick>;
}

export interface ServerTick {
  readonly backlog: number;
  /** Its part of all reports that servers were given of late, from 0 to 1; null where none was, or it does not say. */
  readonly share: number | null;
}

/** Adds what is now, and drops what is too old to be shown. */
export function extend(ticks: readonly Tick[], now: Overview, pace: Pace): readonly Tick[] {
  const { arrived, all, shares, commit, nova } = pace;
  const servers = new Map(
    now.listeners.map(({ id, backlog }) => [id, { backlog, share: shares.get(id) ?? null }] as const),
  );
  const tick = {
    atMs: now.atMs,
    arrived,
    written: all.written,
    commit,
    nova,
    backlog: backlogOf(now),
    servers,
  };
  return [...ticks, tick].slice(-SHOWN);
}

import type { Cpu } from './play-storm.js';
import type { Spread } from './spread.js';

/** Figures that every file has; null where one does not apply to the scenario, or was not measured. */
export interface CommonFigures {
  readonly engine: string | null;
  readonly db: string | null;
  readonly ports: number | null;
  readonly chassis: number | null;
  readonly servers: number | null;
  readonly runs: number | null;
  readonly portsPerSecond: Spread | null;
  /** Percentiles, limits and ratios are medians of the runs, whose own are in `eachRun`. */
  readonly p50Ms: number | null;
  readonly p90Ms: number | null;
  readonly p99Ms: number | null;
  readonly limit1PerSecond: number | null;
  readonly limit4PerSecond: number | null;
  readonly ormLikePerSecond: number | null;
  readonly ratioToLimit1: number | null;
  readonly ratioToOrmLike: number | null;
  /** Ports of which Nova was told, in that run in which they were fewest. */
  readonly novaTold: number | null;
  /** The greatest of all runs, in MiB. */
  readonly peakRssMb: { readonly server: number; readonly agent: number } | null;
  readonly cpuSecondsPer1000: Cpu | null;
}

/** None applies. */
export const NONE: CommonFigures = {
  engine: null,
  db: null,
  ports: null,
  chassis: null,
  servers: null,
  runs: null,
  portsPerSecond: null,
  p50Ms: null,
  p90Ms: null,
  p99Ms: null,
  limit1PerSecond: null,
  limit4PerSecond: null,
  ormLikePerSecond: null,
  ratioToLimit1: null,
  ratioToOrmLike: null,
  novaTold: null,
  peakRssMb: null,
  cpuSecondsPer1000: null,
};

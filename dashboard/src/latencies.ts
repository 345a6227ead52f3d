import type { Overview } from '../../src/http/overview.js';

/** How long reports took of late, as the server that is asked measures it. */
export interface Latencies {
  /** From publication to the commit, of what was committed in between; absent where nothing was. */
  readonly commit: Percentiles | undefined;
  /** From the debt to Nova's answer. */
  readonly nova: Percentiles | undefined;
}

export interface Percentiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export function latenciesBetween(before: Overview, after: Overview): Latencies {
  return {
    commit: percentilesBetween(before, after, 'port_status_commit_latency_seconds'),
    nova: percentilesBetween(before, after, 'port_status_nova_latency_seconds'),
  };
}

function percentilesBetween(before: Overview, after: Overview, name: string): Percentiles | undefined {
  const from = bucketsOf(before, name);
  const buckets = [...bucketsOf(after, name)]
    .map(([bound, count]) => ({ bound, count: count - (from.get(bound) ?? 0) }))
    .sort((one, other) => one.bound - other.bound);
  const all = buckets.at(-1)?.count ?? 0;
  if (all <= 0) return undefined;
  return { p50Ms: quantile(buckets, all / 2), p99Ms: quantile(buckets, all * 0.99) };
}

/** How many were at most so many seconds, by the bound. */
function bucketsOf({ metrics }: Overview, name: string): ReadonlyMap<number, number> {
  const buckets = new Map<number, number>();
  for (const { labels, value, name: other } of metrics) {
    if (other !== `${name}_bucket`) continue;
    const bound = labels['le'] === '+Inf' ? Infinity : Number(labels['le']);
    buckets.set(bound, (buckets.get(bound) ?? 0) + value);
  }
  return buckets;
}

/** As Prometheus has it: evenly spread between the bounds of the bucket. In milliseconds. */
function quantile(
  buckets: readonly { readonly bound: number; readonly count: number }[],
  rank: number,
): number {
  let [lower, below] = [0, 0];
  for (const { bound, count } of buckets) {
    if (count >= rank) {
      if (bound === Infinity) return lower * 1000;
      return (lower + ((bound - lower) * (rank - below)) / Math.max(1, count - below)) * 1000;
    }
    [lower, below] = [bound, count];
  }
  return lower * 1000;
}

import type { Overview } from '../../src/http/overview.js';
import { sumOf } from '../../src/runtime/samples.js';

/** What is computed from two overviews of one server: how fast it works. */
export interface Pace {
  readonly receivedPerSecond: number;
  readonly writtenPerSecond: number;
  readonly toldPerSecond: number;
  /** From publication to the commit, of what was committed in between; absent where nothing was. */
  readonly commit: Percentiles | undefined;
  /** From the debt to Nova's answer. */
  readonly nova: Percentiles | undefined;
}

export interface Percentiles {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export function paceBetween(before: Overview, after: Overview): Pace {
  const seconds = Math.max(0.001, (after.atMs - before.atMs) / 1000);
  const perSecond = (name: string): number => grown(before, after, name) / seconds;
  return {
    receivedPerSecond: perSecond('port_status_received_total'),
    writtenPerSecond: perSecond('port_status_written_total'),
    toldPerSecond: perSecond('port_status_nova_told_total'),
    commit: percentilesBetween(before, after, 'port_status_commit_latency_seconds'),
    nova: percentilesBetween(before, after, 'port_status_nova_latency_seconds'),
  };
}

/** By how much a counter grew, over all its labels. A server that started anew began at nothing. */
function grown(before: Overview, after: Overview, name: string): number {
  const [from, to] = [sumOf(before.metrics, name), sumOf(after.metrics, name)];
  return to >= from ? to - from : to;
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

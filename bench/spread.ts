/** What several runs of one measurement came to. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: percentile(values, 0.5), min: Math.min(...values), max: Math.max(...values) };
}

/** The nearest-rank percentile. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** `38 k (35–41)`: thousands per second. */
export function thousands({ median, min, max }: Spread): string {
  const text = (value: number): string => (value / 1000).toFixed(value < 9950 ? 1 : 0);
  return `${text(median)} k (${text(min)}–${text(max)})`;
}

/** `0.42 ms (0.40–0.51)`. */
export function milliseconds({ median, min, max }: Spread): string {
  const text = (value: number): string => (value < 10 ? value.toFixed(2) : value.toFixed(0));
  return `${text(median)} ms (${text(min)}–${text(max)})`;
}

/** `2.1`; a dash where nothing was counted. */
export function times(spread: Spread | undefined): string {
  return spread === undefined ? '–' : spread.median.toFixed(1);
}

/** `640 B`; a dash where nothing was counted. */
export function bytes(spread: Spread | undefined): string {
  return spread === undefined ? '–' : `${spread.median.toFixed(0)} B`;
}

/** What several runs of one measurement came to. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: percentile(values, 0.5), min: Math.min(...values), max: Math.max(...values) };
}

/** Each figure of several runs; null where no run measured it. */
export type Spreads<Figures> = {
  readonly [Name in keyof Figures]: Figures[Name] extends number
    ? Spread
    : Figures[Name] extends object
      ? Spreads<Figures[Name]>
      : Spread | null;
};

/** What several runs came to, figure by figure; figures may be in groups. */
export interface Summary<Figures> {
  readonly medians: Figures;
  readonly spreads: Spreads<Figures>;
  readonly eachRun: readonly Figures[];
}

export function summarize<Figures extends object>(eachRun: readonly Figures[]): Summary<Figures> {
  const spreads = spreadsOf(eachRun);
  return { medians: mediansOf(spreads) as Figures, spreads: spreads as Spreads<Figures>, eachRun };
}

function spreadsOf(values: readonly unknown[]): unknown {
  const [first] = values;
  if (typeof first !== 'object' || first === null) {
    const numbers = values.filter((value) => typeof value === 'number');
    return numbers.length === 0 ? null : spreadOf(numbers);
  }
  const groups = values as readonly Readonly<Record<string, unknown>>[];
  return mapValues(first, (_, name) => spreadsOf(groups.map((group) => group[name])));
}

function mediansOf(spreads: unknown): unknown {
  if (typeof spreads !== 'object' || spreads === null) return null;
  return 'median' in spreads ? spreads.median : mapValues(spreads, mediansOf);
}

function mapValues(group: object, value: (old: unknown, name: string) => unknown): object {
  const entries = Object.entries(group) as readonly (readonly [string, unknown])[];
  return Object.fromEntries(entries.map(([name, old]) => [name, value(old, name)]));
}

/** The nearest-rank percentile. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/**
 * The median of values that come in steps, such as whole batches: each stands for the step around it, in which the values
 * are taken to be spread evenly. So it moves with the share of the values at each step, and not by a step at a time.
 */
export function groupedMedian(values: readonly number[], step: number): number {
  const middle = Math.round(percentile(values, 0.5) / step) * step;
  const [start, end] = [middle - step / 2, middle + step / 2];
  const below = values.filter((value) => value < start).length;
  const within = values.filter((value) => value >= start && value < end).length;
  return start + ((values.length / 2 - below) / within) * step;
}

/** The percentiles of many samples. */
export interface Shares {
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
}

export function sharesOf(samplesMs: readonly number[]): Shares {
  return {
    p50Ms: percentile(samplesMs, 0.5),
    p90Ms: percentile(samplesMs, 0.9),
    p99Ms: percentile(samplesMs, 0.99),
  };
}

/** `6,289 (6,036–6,354)`. */
export function inParentheses({ median, min, max }: Spread, text: (value: number) => string): string {
  return `${text(median)} (${text(min)}–${text(max)})`;
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

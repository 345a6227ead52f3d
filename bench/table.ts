import type { Spread } from './spread.js';

/** One row of the printed table: column → text. */
export type Row = Readonly<Record<string, string>>;

/** A Markdown table with the first row's columns. */
export function tableOf(rows: readonly Row[]): string {
  const columns = Object.keys(rows[0] ?? {});
  const width = (column: string): number =>
    Math.max(column.length, ...rows.map((row) => (row[column] ?? '').length));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, index) => cell.padEnd(width(columns[index] ?? ''))).join(' | ')} |`;
  return [
    line(columns),
    line(columns.map((column) => '-'.repeat(width(column)))),
    ...rows.map((row) => line(columns.map((column) => row[column] ?? ''))),
  ].join('\n');
}

/** Each figure in a row of its own: `402.5 (388.1–440.2)` for a spread, `server 0.093, agents 0.017` for parts. */
export function rowsOfFigures(figures: object): readonly Row[] {
  return Object.entries(figures).map(([figure, value]: [string, Figure]) => ({
    figure,
    value: textOf(value),
  }));
}

type Figure = number | string | boolean | object | null;

/** `0.42`, `1,250`, `402.5 (388.1–440.2)`, `server 0.093, agents 0.017`; a dash for null. */
export function textOf(value: Figure): string {
  if (typeof value === 'number') return shortened(value);
  if (value === null) return '–';
  if (typeof value !== 'object') return String(value);
  if (isSpread(value)) return `${textOf(value.median)} (${textOf(value.min)}–${textOf(value.max)})`;
  const parts = Object.entries(value).map(([name, part]: [string, Figure]) => `${name} ${textOf(part)}`);
  return parts.join(', ');
}

function isSpread(value: object): value is Spread {
  return 'median' in value && 'min' in value && 'max' in value;
}

/** To three digits, and no more than whole numbers have. */
function shortened(value: number): string {
  const digits = Math.abs(value) < 1 ? 3 : Math.abs(value) < 100 ? 2 : 0;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}

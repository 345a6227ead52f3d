import type { Row } from './scenario.js';

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

/** Each figure in a row of its own. */
export function rowsOfFigures(figures: object): readonly Row[] {
  return Object.entries(figures).map(([figure, value]: [string, unknown]) => ({
    figure,
    value: typeof value === 'string' ? value : JSON.stringify(value),
  }));
}

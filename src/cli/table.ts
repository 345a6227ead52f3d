import type { Command } from '../config/option.js';
import type { CommandContext } from './configured-command.js';

/** How good what a cell says is; shown as a colour. */
export type Tone = 'good' | 'doubtful' | 'bad';

export interface Cell {
  readonly text: string;
  readonly tone?: Tone | undefined;
}

export interface Column<Row> {
  readonly head: string;
  /** Numbers stand below each other at their right ends. */
  readonly isNumber?: boolean;
  readonly cell: (row: Row) => Cell;
}

const COLOURS = { good: 32, doubtful: 33, bad: 31 } as const satisfies Record<Tone, number>;

/** A table with aligned columns; the head stands there although there is no row. */
export function drawTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  hasColours: boolean,
): string {
  const drawn = columns.map((column) => drawColumn(column, rows, hasColours));
  const lines = [undefined, ...rows].map((_, line) => drawn.map((cells) => cells[line]).join('  '));
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

/** Its head and cells, all of one width. */
function drawColumn<Row>(
  { head, isNumber = false, cell }: Column<Row>,
  rows: readonly Row[],
  hasColours: boolean,
): readonly string[] {
  const cells = [{ text: head }, ...rows.map(cell)].map(({ text, ...rest }: Cell) => ({
    text: printable(text),
    ...rest,
  }));
  const width = Math.max(...cells.map(({ text }) => text.length));
  return cells.map(({ text, tone }) => {
    const padding = ' '.repeat(width - text.length);
    const shown = tone !== undefined && hasColours ? `\x1b[${COLOURS[tone]}m${text}\x1b[0m` : text;
    return isNumber ? padding + shown : shown + padding;
  });
}

/** What agents and servers say of themselves must not steer the operator's terminal. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
}

/** How long ago, for people: `0.4 s ago`. */
export function ago(ms: number): string {
  return `${forPeople(ms)} ago`;
}

/** A duration for people: `0.4 s`, `34 s`, `5 min`, `3 h`, `12 d`. */
export function forPeople(ms: number): string {
  const [unit, name] = UNITS.find(([least]) => ms >= 2 * least) ?? [1000, 's'];
  const digits = ms < 10_000 ? 1 : 0;
  return `${(ms / unit).toFixed(digits)} ${name}`;
}

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
] as const;

/** Whether a table may have colours: where a person sits before it, and did not ask for none (https://no-color.org). */
export function mayColour({ io, environment }: Pick<CommandContext<Command>, 'io' | 'environment'>): boolean {
  return io.terminal !== undefined && (environment['NO_COLOR'] ?? '') === '';
}

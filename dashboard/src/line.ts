/** One line of a chart; null where nothing was measured. */
export interface Line {
  /** Absent: it stands in no legend. */
  readonly label?: string;
  /** Which colour and dashes it has: `--line-1` and so on of the style sheet; `rest` is thin and pale. */
  readonly slot: number | 'rest';
  readonly values: readonly (number | null)[];
}

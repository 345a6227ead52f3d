import type { Bound } from './bounds.js';
import { describeMachine } from './machine.js';
import type { Machine } from './machine.js';
import { NONE } from './figures.js';
import type { CommonFigures } from './figures.js';
import type { Result } from './scenario.js';
import type { Row } from './table.js';

/** What `--json` writes: the common figures, and beside them the scenario's own. */
export interface ResultFile extends CommonFigures {
  readonly scenario: string;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly commit: string | null;
  readonly seed: number;
  readonly bounds: readonly Bound[];
  readonly rows: readonly Row[];
  readonly footer?: string;
}

/** @param commit of what was measured: see `commitOf`. */
export function fileOf(result: Result, seed: number, commit: string | null): ResultFile {
  const { scenario, figures, versions, bounds, ...printed } = result;
  const origin = { machine: describeMachine(), versions, commit, seed };
  return { scenario, ...NONE, ...figures, ...origin, bounds, ...printed };
}

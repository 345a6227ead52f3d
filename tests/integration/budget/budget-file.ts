import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { compare, print } from './figures.js';
import type { Figures, Tolerances } from './figures.js';

const PATH = fileURLToPath(new URL('budget.json', import.meta.url));

/** `budget.json`: see docs/budget.md. */
interface BudgetFile {
  readonly about: string;
  readonly tolerances: Tolerances;
  readonly scenarios: Readonly<Record<string, Figures>>;
}

/** Whether the file is to say what is measured now, instead of the other way round. */
const IS_RENEWED = process.env['BUDGET'] === 'renew';

/**
 * Compares what was measured with the file, or writes it there. Groups of a scenario that were not measured stay as they
 * are: each database is measured by itself.
 */
export function expectBudget(scenario: string, measured: Figures): void {
  const file = JSON.parse(readFileSync(PATH, 'utf8')) as BudgetFile;
  const budget = file.scenarios[scenario] ?? {};
  if (IS_RENEWED) renew(file, scenario, { ...budget, ...measured });
  else expect(differences(scenario, budget, measured, file.tolerances), HINT).toEqual([]);
}

/** Every scenario has a row in the file, and every row a scenario. */
export function expectRows(names: readonly string[]): void {
  const file = JSON.parse(readFileSync(PATH, 'utf8')) as BudgetFile;
  const rows = names.map((name) => [name, file.scenarios[name] ?? {}] as const);
  if (IS_RENEWED) writeFileSync(PATH, `${print({ ...file, scenarios: Object.fromEntries(rows) })}\n`);
  else expect(Object.keys(file.scenarios), HINT).toEqual(names);
}

const HINT =
  'The costs differ from tests/integration/budget/budget.json. If they are meant to, renew it with "npm run budget" and say why in the commit';

/** Lines that name the row. A group of the file that was not measured is not compared. */
function differences(
  scenario: string,
  budget: Figures,
  measured: Figures,
  tolerances: Tolerances,
): readonly string[] {
  return Object.entries(measured).flatMap(([group, figures]) =>
    compare({ [group]: budget[group] ?? {} }, { [group]: figures }, tolerances).map(
      (line) => `${scenario} | ${line}`,
    ),
  );
}

function renew(file: BudgetFile, scenario: string, figures: Figures): void {
  const scenarios = { ...file.scenarios, [scenario]: figures };
  writeFileSync(PATH, `${print({ ...file, scenarios })}\n`);
}

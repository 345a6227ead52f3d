/** Counts by name, in groups: what is not there is 0. */
export interface Figures {
  readonly [name: string]: number | Figures;
}

/** What was counted between two moments. What did not happen is left out. */
export function since(before: Figures, after: Figures): Figures {
  const names = Object.keys(after);
  const entries = names.map((name) => [name, difference(before[name] ?? 0, after[name] ?? 0)] as const);
  return Object.fromEntries(entries.filter(([, figure]) => isAnything(figure)));
}

function difference(before: number | Figures, after: number | Figures): number | Figures {
  if (typeof after !== 'number') return since(typeof before === 'number' ? {} : before, after);
  return after - (typeof before === 'number' ? before : 0);
}

function isAnything(figure: number | Figures): boolean {
  return typeof figure === 'number' ? figure !== 0 : Object.keys(figure).length > 0;
}

/** By how much a figure may differ, as a share of its budget; by the end of its name, such as `rowsLocked`. */
export type Tolerances = Readonly<Record<string, number>>;

/** One line for each figure that is not what the budget says. */
export function compare(budget: Figures, measured: Figures, tolerances: Tolerances): readonly string[] {
  const [wanted, found] = [flatten(budget), flatten(measured)];
  const names = [...new Set([...wanted.keys(), ...found.keys()])];
  return names.flatMap((name) => {
    const [should, is] = [wanted.get(name) ?? 0, found.get(name) ?? 0];
    const share = tolerances[name.split('.').at(-1) ?? ''] ?? 0;
    return Math.abs(is - should) <= should * share ? [] : [describe(name, should, is)];
  });
}

function describe(name: string, should: number, is: number): string {
  return `${name}: ${is}, ${is > should ? 'above' : 'below'} the budget of ${should}`;
}

function flatten(figures: Figures, prefix = ''): ReadonlyMap<string, number> {
  const entries = Object.entries(figures).flatMap(([name, figure]): (readonly [string, number])[] =>
    typeof figure === 'number' ? [[prefix + name, figure]] : [...flatten(figure, `${prefix}${name}.`)],
  );
  return new Map(entries);
}

/** The width that prettier breaks lines at. */
const WIDTH = 110;

/** JSON in which a group without groups stands on one line where it has room, as prettier leaves it. */
export function print(figures: object, indent = '', key = ''): string {
  const entries = Object.entries(figures) as (readonly [string, unknown])[];
  const line = `{ ${entries.map(([name, value]) => `"${name}": ${JSON.stringify(value)}`).join(', ')} }`;
  const hasGroups = entries.some(([, value]) => typeof value === 'object');
  if (!hasGroups && `${indent}${key}${line},`.length <= WIDTH) return key + line;
  const lines = entries.map(([name, value]) => printEntry(name, value, `${indent}  `));
  return `${key}{\n${lines.join(',\n')}\n${indent}}`;
}

function printEntry(name: string, value: unknown, indent: string): string {
  const key = `${JSON.stringify(name)}: `;
  const isGroup = typeof value === 'object' && value !== null;
  return indent + (isGroup ? print(value, indent, key) : key + JSON.stringify(value));
}

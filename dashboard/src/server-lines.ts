import type { Line } from './line.js';
import type { ServerTick, Tick } from './history.js';

/** So many servers have each a colour of its own; of more, those with the greatest values. */
const COLOURS = 6;
const GREATEST = 3;
/** Lines that are drawn at the most. */
const MOST_LINES = 100;

/**
 * A line for each server that there was in that time, by name. Where there are more than can be told apart, those that
 * have most now come last, and they alone have colours and names.
 */
export function serverLines(
  ticks: readonly Tick[],
  of: (server: ServerTick) => number | null,
): readonly Line[] {
  const lines = namesOf(ticks).map((name) => ({
    name,
    values: ticks.map(({ servers }) => valueOf(servers.get(name), of)),
  }));
  if (lines.length <= COLOURS)
    return lines.map(({ name, values }, index) => ({ label: name, slot: index + 1, values }));
  const sorted = lines.sort((one, other) => lastOf(one) - lastOf(other)).slice(-MOST_LINES);
  return sorted.map(({ name, values }, index) => {
    const rank = sorted.length - index;
    return rank <= GREATEST ? { label: name, slot: rank, values } : { slot: 'rest', values };
  });
}

function namesOf(ticks: readonly Tick[]): readonly string[] {
  return [...new Set(ticks.flatMap(({ servers }) => [...servers.keys()]))].sort();
}

function valueOf(server: ServerTick | undefined, of: (server: ServerTick) => number | null): number | null {
  return server === undefined ? null : of(server);
}

/** Who is gone, or has nothing to show, comes before those that have least. */
function lastOf({ values }: Pick<Line, 'values'>): number {
  return values.at(-1) ?? -1;
}

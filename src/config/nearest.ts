/** The candidate that a slip of the pen most likely meant; none where all are far off (more than a third differs). */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  const wanted = text.toLowerCase();
  const [first] = candidates
    .map((candidate) => ({ candidate, slips: slipsBetween(wanted, candidate.toLowerCase()) }))
    .sort((a, b) => a.slips - b.slips);
  const most = Math.max(2, Math.ceil(text.length / 3));
  return first !== undefined && first.slips <= most ? first.candidate : undefined;
}

/** A name that was not written to its end is one slip. */
function slipsBetween(wanted: string, candidate: string): number {
  const isCutShort = candidate.startsWith(wanted) && wanted.length * 2 >= candidate.length;
  return isCutShort ? Math.min(1, candidate.length - wanted.length) : editDistance(wanted, candidate);
}

/** How many letters must be put in, taken out or replaced to make `b` of `a` (Levenshtein). */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(previous, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(replaced, at(previous, column) + 1, at(current, column - 1) + 1));
    }
    previous = current;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], column: number): number {
  return row[column] ?? Infinity;
}

/**
 * The shortest list found that still fails: leaves out ever smaller runs of it for as long as it fails without them.
 *
 * Each try plays a history, so the number of tries counts: it is near `n log n` where little is needed, at the most n².
 */
export async function shrink<T>(
  failing: readonly T[],
  fails: (items: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let items = failing;
  for (let length = Math.ceil(items.length / 2); length >= 1;) {
    const shorter = await leaveOut(items, length, fails);
    const isShorter = shorter.length < items.length;
    items = shorter;
    if (length === 1 && !isShorter) break;
    length = isShorter ? Math.min(length, Math.ceil(items.length / 2)) : Math.ceil(length / 2);
  }
  return items;
}

/** Without every run of that length without which it still fails. */
async function leaveOut<T>(
  failing: readonly T[],
  length: number,
  fails: (items: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let items = failing;
  for (let from = 0; from < items.length;) {
    const without = [...items.slice(0, from), ...items.slice(from + length)];
    if (await fails(without)) items = without;
    else from += length;
  }
  return items;
}

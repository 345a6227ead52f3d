/** One server's part of work that is divided over the live ones: the places from `from` to below `to`. */
export interface Share {
  readonly from: number;
  readonly to: number;
}

/** Places are the first 32 bits of a port's UUID, or of a name's hash. */
const PLACES = 2 ** 32;
const DIGITS = 8;

/**
 * The share of `id` among the servers of those ids, itself included also where it is not among them.
 *
 * Servers that see the same ids get parts that cover everything and do not overlap. While they see different ones, some
 * work is done twice, or left to the next time.
 */
export function shareOf(id: string, among: readonly string[]): Share {
  const ids = [...new Set([...among, id])].sort();
  const at = ids.indexOf(id);
  const bound = (number: number): number => Math.floor((number * PLACES) / ids.length);
  return { from: bound(at), to: bound(at + 1) };
}

/** Port ids after `after`, up to and with `until`, both cut to 8 digits; absent where the share has no bound there. */
export interface PortRange {
  readonly after?: string | undefined;
  readonly until?: string | undefined;
}

export function portsOfShare({ from, to }: Share): PortRange {
  return {
    after: from === 0 ? undefined : firstDigits(from),
    until: to === PLACES ? undefined : firstDigits(to),
  };
}

function firstDigits(place: number): string {
  return place.toString(16).padStart(DIGITS, '0');
}

export function isInShare({ from, to }: Share, name: string): boolean {
  const place = placeOf(name);
  return from <= place && place < to;
}

/** FNV-1a, and a last mix, since names of chassis differ in their last letters only. */
function placeOf(name: string): number {
  let hash = 0x811c9dc5;
  for (const letter of name) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x45d9f3b);
  return (hash ^ (hash >>> 16)) >>> 0;
}

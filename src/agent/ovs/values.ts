/**
 * One kind of column: how its values look on the wire (RFC 7047, section 5.1) and what a difference means.
 *
 * On the wire a set is `["set",[…]]`, a set of one may be bare, an absent optional value is `["set",[]]`, a map is
 * `["map",[[k,v],…]]`, a reference is `["uuid","…"]`.
 */
export interface Column<V> {
  /** A new value as it is when the server leaves the column out: its default. */
  readonly empty: () => V;
  /** @throws {Unreadable} */
  readonly read: (wire: unknown) => V;
  /**
   * The value after a `modify` of update2 or update3. A set or map is changed in place: its cost is the difference's, not
   * that of a bridge with 10,000 ports.
   */
  readonly merge: (before: V, difference: V) => V;
}

/** A value that does not have the form of its column. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

/** A text that is always there. */
export const text: Column<string> = {
  empty: () => '',
  read: (wire) => readText(wire),
  merge: (_before, value) => value,
};

/**
 * A column of at most one value. Its difference is the new value, also where that is "none": seen on ovsdb-server 3.1,
 * a tag taken away arrives as `["set",[]]`, not as the old tag.
 */
function optional<T>(readAtom: (wire: unknown) => T): Column<T | undefined> {
  return {
    empty: () => undefined,
    read: (wire) => readAtMostOne(wire, readAtom),
    merge: (_before, value) => value,
  };
}

export const optionalText: Column<string | undefined> = optional(readText);
export const optionalInteger: Column<number | undefined> = optional(readInteger);

/** A set of references. Its difference is symmetric: what was there goes, what was not comes. */
export const uuidSet: Column<Set<string>> = {
  empty: () => new Set(),
  read: (wire) => new Set(readElements(wire).map(readUuid)),
  merge: (before, difference) => {
    for (const uuid of difference) if (!before.delete(uuid)) before.add(uuid);
    return before;
  },
};

/** A map of texts. A pair that stands there already goes; any other comes, in place of its key's old value. */
export const textMap: Column<Map<string, string>> = {
  empty: () => new Map(),
  read: readMap,
  merge: (before, difference) => {
    for (const [key, value] of difference) {
      if (before.get(key) === value) before.delete(key);
      else before.set(key, value);
    }
    return before;
  },
};

function readAtMostOne<T>(wire: unknown, readAtom: (wire: unknown) => T): T | undefined {
  const [first, ...others] = readElements(wire);
  if (others.length > 0) throw new Unreadable('more than one value in a column of at most one');
  return first === undefined ? undefined : readAtom(first);
}

function readElements(wire: unknown): readonly unknown[] {
  return Array.isArray(wire) && wire[0] === 'set' && Array.isArray(wire[1]) ? wire[1] : [wire];
}

function readMap(wire: unknown): Map<string, string> {
  if (!Array.isArray(wire) || wire[0] !== 'map' || !Array.isArray(wire[1])) throw new Unreadable('not a map');
  return new Map(wire[1].map(readPair));
}

function readPair(pair: unknown): [string, string] {
  if (!Array.isArray(pair) || pair.length !== 2) throw new Unreadable('not a pair of a map');
  return [readText(pair[0]), readText(pair[1])];
}

function readUuid(wire: unknown): string {
  if (!Array.isArray(wire) || wire[0] !== 'uuid') throw new Unreadable('not a reference');
  return readText(wire[1]);
}

function readText(wire: unknown): string {
  if (typeof wire !== 'string') throw new Unreadable('not a text');
  return wire;
}

function readInteger(wire: unknown): number {
  if (typeof wire !== 'number' || !Number.isInteger(wire)) throw new Unreadable('not an integer');
  return wire;
}

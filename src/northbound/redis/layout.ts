/** Version of the layout; stands in `origin`, so that data of another version is noticed like data of another server. */
export const LAYOUT = 1;

/** Stands in records, topics and rings for "pending, but in nobody's topic"; no encoded name has a `+`. */
export const NOBODY = '+unassigned';

/**
 * The keys of one namespace. All bear the same hash tag, so that they lie in one slot of a Redis Cluster and one script may
 * use any of them. Names are percent-encoded, so that none means anything to a pattern: `node 1*` is `node%201%2A`.
 *
 * - `{port-status}:meta`, hash: `origin` (see origin.ts) and the `incarnation` that was made under it, `since` when that
 *   was (by Redis' clock), `registrations` counts those of listeners.
 * - `{port-status}:listeners`, hash: name → `number|timestamp|ttl|fenced|draining|generation|versions|program`, such as
 *   `12|1795405481123|3000|0|0|12-9f86…|1,2|0.1.0`, and what the server has done from its first heartbeat on:
 *   `…|0.1.0|forMs,received,written,told`. Programs of before take that for a part of `program`, and leave it there.
 * - `{port-status}:topics`, set: names of listeners that joined and whose topic may not be empty.
 * - `{port-status}:topic:<listener>`, sorted set: `<chassis>/<port>` of what waits there, by position.
 *   `{port-status}:topic:+unassigned` holds what was published while nobody was live.
 * - `{port-status}:given:<listener>`, sorted set: the same of what was given and is not acknowledged. Only servers write it:
 *   who may write to a topic can not make a server believe that it has an entry already.
 * - `{port-status}:chassis`, set: names of all chassis.
 * - `{port-status}:chassis:<chassis>`, hash: `token`, `number`, `revision` (16 digits), `complete` (`revision|incarnation`),
 *   `hold` (JSON), `holdId`, `approved`, `version`, `words`, `timestamp`.
 * - `{port-status}:reports:<chassis>`, hash: port → `revision|version|isDown|incarnation|publishedAt|pendingSince|place|body`;
 *   place is a listener's name, `+unassigned`, or nothing once acknowledged.
 *
 * A record is the truth about its content and place. A topic's entry is only a pointer: one that points to nothing pending
 * there is dropped by whoever receives or adopts it.
 *
 * Each script is one atomic step, so that no crash of a process comes between a record and its place. What a crash of Redis
 * loses depends on its persistence; origin.ts tells how it is noticed.
 */
export class Keys {
  readonly #tag: string;

  constructor(namespace: string) {
    this.#tag = `{${namespace}}`;
  }

  readonly meta = (): string => `${this.#tag}:meta`;
  readonly listeners = (): string => `${this.#tag}:listeners`;
  readonly topics = (): string => `${this.#tag}:topics`;
  readonly allChassis = (): string => `${this.#tag}:chassis`;
  /** Of an encoded name, as are those below. */
  readonly topic = (place: string): string => `${this.#tag}:topic:${place}`;
  readonly given = (place: string): string => `${this.#tag}:given:${place}`;
  readonly chassis = (chassis: string): string => `${this.#tag}:chassis:${chassis}`;
  readonly reports = (chassis: string): string => `${this.#tag}:reports:${chassis}`;
  /** The channel on which it is said that there may be something new for that place. */
  readonly ring = (place: string): string => `${this.#tag}:ring:${place}`;
}

/** A name as it stands in keys and records: letters, digits, `-`, `_`, `.` and `%` only. */
export function encodeName(name: string): string {
  return encodeURIComponent(name).replace(
    /[!~*'()]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** What nobody encoded stays as it is: an agent may write any place into records of its own chassis. */
export function decodeName(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}

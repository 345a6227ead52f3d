/** When a dump of the switch is too bad to be believed at once. */
export interface GuardPolicy {
  /** So many ports may turn DOWN by one dump without a question (default 20). */
  readonly maxDown: number;
  /** So many percent of the chassis' known ports may (0–100, default 20). Both must be exceeded to hold. */
  readonly maxDownPercent: number;
  /** How long DOWN is held before another dump may confirm it, in milliseconds. */
  readonly holdMs: number;
}

/** DOWN reports that are held back, because one dump turned too many ports DOWN. */
export interface Hold {
  /** Tells one hold from the next: an operator approves exactly this one. */
  readonly id: string;
  readonly ports: ReadonlySet<string>;
  /** When it began, in milliseconds since 1970 by the chassis' clock. For people. */
  readonly sinceMs: number;
  /** When it began, by the monotonic clock. */
  readonly beganMs: number;
}

/** What a dump says of ports that were not DOWN before. */
export interface Fall {
  /** Ports that were not DOWN, or are held, and that the dump says are DOWN or does not name. */
  readonly falling: readonly string[];
  /** Ports that the dump leaves open. */
  readonly silent?: readonly string[];
  /** How many ports the chassis has: those of the dump, and the falling. */
  readonly known: number;
  /** When the dump came, by the monotonic clock. */
  readonly nowMs: number;
}

/**
 * The hold that stands after a dump; every falling port outside it is to be reported DOWN now.
 *
 * - What was held at least `holdMs` and is DOWN in this dump too is confirmed: let go.
 * - What is held for less stays held, and so does what the dump leaves open; what is back is no longer held.
 * - What falls by this dump alone is held where it is a mass; the hold is then a new one, with what is still held in it.
 */
export function holdAfterDump(
  { falling, silent = [], known, nowMs }: Fall,
  hold: Hold | undefined,
  policy: GuardPolicy,
  begin: (ports: readonly string[]) => Hold,
): Hold | undefined {
  const isHeld = (portId: string): boolean => hold?.ports.has(portId) ?? false;
  const fresh = falling.filter((portId) => !isHeld(portId));
  const isRipe = hold !== undefined && ripeInMs(hold, policy, nowMs) === 0;
  const waiting = [...(isRipe ? [] : falling.filter(isHeld)), ...silent.filter(isHeld)];
  if (isMass(fresh.length, known, policy)) return begin([...waiting, ...fresh]);
  return hold === undefined ? undefined : narrow(hold, waiting);
}

/** The hold without every port but these: itself where that is all, undefined where nothing of it is left. */
export function narrow(hold: Hold, ports: readonly string[]): Hold | undefined {
  if (ports.length === hold.ports.size) return hold;
  return ports.length === 0 ? undefined : { ...hold, ports: new Set(ports) };
}

/** In how many milliseconds a dump may confirm the hold; 0 from then on. */
export function ripeInMs(hold: Hold, { holdMs }: GuardPolicy, nowMs: number): number {
  return Math.max(0, hold.beganMs + holdMs - nowMs);
}

/** Whether so many ports that turn DOWN together look like a fault of the switch rather than like work. */
export function isMass(down: number, known: number, { maxDown, maxDownPercent }: GuardPolicy): boolean {
  return down > maxDown && down * 100 > known * maxDownPercent;
}

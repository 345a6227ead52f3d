import type { StatusChange } from '../cloud/status-history.js';
import type { SceneKind } from './plot.js';

/** How one scene ended. */
export interface Ending {
  readonly kind: SceneKind;
  readonly vm: number;
  /** Where the VM ran, and where it runs now. */
  readonly chassis: string;
  readonly target?: string | undefined;
  /** Whether the port got the status in Neutron that the scene leads to: DOWN for a stop, else ACTIVE. */
  readonly isWritten: boolean;
  /** Whether Nova heard "plugged"; absent for a stop, which waits for no word. */
  readonly isPlugged?: boolean | undefined;
  /** The server that wrote the status. */
  readonly server?: string | undefined;
  /** From the plug, or unplug, to the status in Neutron; absent where none was written. */
  readonly writtenMs?: number | undefined;
  /** From the plug to Nova's receipt of "plugged". */
  readonly pluggedMs?: number | undefined;
}

/**
 * What servers count, as far as it is known (see CountKeeper).
 *
 * `misplaced` is not 0 where a server looks at a migrated port before its source has said DOWN: a revived one does.
 */
export interface ServerCounts {
  readonly stale: number;
  readonly misplaced: number;
  readonly takeovers: number;
}

/** What a demo prints with `--json`. */
export interface Summary extends ServerCounts {
  readonly boots: number;
  /** Boots whose port became ACTIVE in Neutron, and of which Nova heard "plugged". */
  readonly active: number;
  readonly plugged: number;
  /** Scenes, stops included, of which Neutron or Nova did not hear in time. */
  readonly lost: number;
  /** Writes of a status beyond the first for one (port, chassis, epoch, revision). */
  readonly appliedTwice: number;
  /** From a plug to Nova's receipt; null where none was heard. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
  /** Boots that each server wrote. */
  readonly perServer: Readonly<Record<string, number>>;
  readonly seed: number;
}

export interface Percentiles {
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

/** How many of the newest scenes a live view's percentiles are about. */
const NEWEST = 1000;

/** Counts endings and writes as they come. */
export class Tally {
  readonly #kinds: Record<SceneKind, number> = { boot: 0, stop: 0, reboot: 0, migrate: 0 };
  readonly #perServer: Record<string, number>;
  readonly #written: number[] = [];
  readonly #plugged: number[] = [];
  readonly #writes = new WriteCounter();
  #active = 0;
  #booted = 0;
  #lost = 0;

  constructor(servers: readonly string[]) {
    this.#perServer = Object.fromEntries(servers.map((server) => [server, 0]));
  }

  get kinds(): Readonly<Record<SceneKind, number>> {
    return this.#kinds;
  }

  get perServer(): Readonly<Record<string, number>> {
    return this.#perServer;
  }

  get lost(): number {
    return this.#lost;
  }

  get appliedTwice(): number {
    return this.#writes.twice;
  }

  /** Of the newest scenes: from the plug to Neutron, and to Nova. */
  get latency(): { readonly neutron: Percentiles; readonly nova: Percentiles } {
    return {
      neutron: percentiles(this.#written.slice(-NEWEST)),
      nova: percentiles(this.#plugged.slice(-NEWEST)),
    };
  }

  /** The switch plugged a port in: a write may have that for its cause. */
  notePlug(portId: string, attachment: string): void {
    this.#writes.notePlug(portId, attachment);
  }

  noteChange(change: StatusChange): void {
    this.#writes.note(change);
  }

  noteEnding(ending: Ending): void {
    const { kind, isWritten, isPlugged, server, writtenMs, pluggedMs } = ending;
    this.#kinds[kind] += 1;
    if (isLost(ending)) this.#lost += 1;
    if (pluggedMs !== undefined) this.#plugged.push(pluggedMs);
    if (writtenMs !== undefined && kind !== 'stop') this.#written.push(writtenMs);
    if (kind !== 'boot') return;
    if (isWritten) this.#active += 1;
    if (isPlugged === true) this.#booted += 1;
    if (server !== undefined) this.#perServer[server] = (this.#perServer[server] ?? 0) + 1;
  }

  summary(counts: ServerCounts, seed: number): Summary {
    return {
      boots: this.#kinds.boot,
      active: this.#active,
      plugged: this.#booted,
      lost: this.#lost,
      appliedTwice: this.appliedTwice,
      stale: counts.stale,
      misplaced: counts.misplaced,
      takeovers: counts.takeovers,
      ...percentiles(this.#plugged),
      perServer: { ...this.#perServer },
      seed,
    };
  }
}

export function isLost({ isWritten, isPlugged }: Ending): boolean {
  return !isWritten || isPlugged === false;
}

/**
 * Finds what was written more than once: of the writes for one (port, chassis, epoch, revision) all but the first, unless
 * Neutron moved the binding in between. A write that no report explains, or a report of what the switch never plugged,
 * counts too: nothing says that it is a first one.
 */
class WriteCounter {
  readonly #plugs = new Set<string>();
  readonly #seen = new Map<string, Set<string>>();
  #twice = 0;

  get twice(): number {
    return this.#twice;
  }

  notePlug(portId: string, attachment: string): void {
    this.#plugs.add(`${portId}/${attachment}`);
  }

  note({ portId, author, cause }: StatusChange): void {
    if (author === 'neutron') {
      this.#seen.delete(portId);
      return;
    }
    const seen = this.#seen.get(portId) ?? new Set<string>();
    this.#seen.set(portId, seen);
    const isKnown = cause !== undefined && this.#plugs.has(`${portId}/${cause.attachment}`);
    const key = cause === undefined ? '' : `${cause.chassis}/${cause.epoch}/${cause.revision}`;
    if (!isKnown || seen.has(key)) this.#twice += 1;
    seen.add(key);
  }
}

function percentiles(values: readonly number[]): Percentiles {
  const sorted = values.toSorted((a, b) => a - b);
  return { p50Ms: rank(sorted, 0.5), p99Ms: rank(sorted, 0.99) };
}

/** The nearest-rank percentile, rounded to a tenth of a millisecond. */
function rank(sorted: readonly number[], share: number): number | null {
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  return value === undefined ? null : Math.round(value * 10) / 10;
}

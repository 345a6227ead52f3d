import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../src/runtime/clock.js';
import { portIdOf } from '../../src/simulator/neutron-rows.js';
import { idOf } from './ports.js';
import { openRaw } from './raw-sql.js';
import type { RawSql } from './raw-sql.js';

const MAIN = fileURLToPath(new URL('neighbour-main.js', import.meta.url));

/** As often as Neutron itself tries (N:db/api.py, MAX_RETRIES). */
const MAX_ATTEMPTS = 20;
/** A transaction begins so often, whether or not the one before has ended. */
const EVERY_MS = 20;

/** What became of a neighbour's transactions. */
export interface NeighbourFigures {
  /** From when each was to begin, retries included, in milliseconds. */
  readonly tookMs: readonly number[];
  /** Attempts that others had made vain. */
  readonly retries: number;
  /** Transactions that were given up. */
  readonly failures: number;
}

/** The argument of a neighbour's process, as JSON. */
export interface NeighbourOptions {
  /** A `neutron.url`. */
  readonly url: string;
  /** The ports that it renames: so many from that number on, by strides. */
  readonly first: number;
  readonly count: number;
  readonly stride: number;
}

/** A neighbour at work: a process of its own, so that what it measures is the database's time and not ours. */
export interface AtWork {
  /** What came of its work since it was asked last. */
  take(): Promise<NeighbourFigures>;
  /** Ends it. */
  close(): Promise<void>;
}

/** Works until it is closed: what is compared was done by the same process on the same connection. */
export function startNeighbour(options: NeighbourOptions): AtWork {
  const child = fork(MAIN, [JSON.stringify(options)], { stdio: ['ignore', 2, 2, 'ipc'] });
  return {
    take: async () => {
      const answered = once(child, 'message');
      child.send('take');
      const [figures] = (await answered) as [NeighbourFigures];
      return figures;
    },
    close: async () => {
      const ended = once(child, 'exit');
      child.disconnect();
      await ended;
    },
  };
}

/**
 * A client that renames ports as neutron-server does: it reads a port and its revision, writes both, and begins anew where
 * the revision has moved or the database chose it to give way.
 */
export class Neighbour {
  readonly #connection: RawSql;
  readonly #options: NeighbourOptions;
  readonly #clock: Clock;
  #tookMs: number[] = [];
  #retries = 0;
  #failures = 0;

  private constructor(connection: RawSql, options: NeighbourOptions, clock: Clock) {
    this.#connection = connection;
    this.#options = options;
    this.#clock = clock;
  }

  static async open(options: NeighbourOptions, clock: Clock): Promise<Neighbour> {
    return new Neighbour(await openRaw(options.url), options, clock);
  }

  /** What came of its work since it was asked last. */
  take(): NeighbourFigures {
    const figures = { tookMs: this.#tookMs, retries: this.#retries, failures: this.#failures };
    this.#tookMs = [];
    this.#retries = 0;
    this.#failures = 0;
    return figures;
  }

  /** Works until its process ends. Each transaction has its moment: one that comes late has waited. */
  async work(): Promise<never> {
    const { first, count, stride } = this.#options;
    const startMs = this.#clock.monotonicMs();
    for (let turn = 0; ; turn++) {
      const dueMs = startMs + turn * EVERY_MS;
      const earlyMs = dueMs - this.#clock.monotonicMs();
      if (earlyMs > 0) await this.#clock.sleep(earlyMs);
      await this.#rename(first + ((turn * stride) % count), `name ${turn}`);
      this.#tookMs.push(this.#clock.monotonicMs() - dueMs);
    }
  }

  async #rename(number: number, name: string): Promise<void> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      if (await this.#tryOnce(number, name)) return;
      this.#retries += 1;
    }
    this.#failures += 1;
  }

  async #tryOnce(number: number, name: string): Promise<boolean> {
    const connection = this.#connection;
    const [id, portId] = [idOf(number), portIdOf(number)];
    try {
      await connection.exec('begin');
      const [found] = await connection.query(
        `select revision_number from standardattributes where id = ${id}`,
      );
      const changed = await connection.exec(
        `update standardattributes set revision_number = revision_number + 1
         where id = ${id} and revision_number = ${Number(found?.['revision_number'])}`,
      );
      if (changed === 1) await connection.exec(`update ports set name = '${name}' where id = '${portId}'`);
      await connection.exec(changed === 1 ? 'commit' : 'rollback');
      return changed === 1;
    } catch {
      await connection.exec('rollback');
      return false;
    }
  }
}

import type { Clock } from '../../src/runtime/clock.js';
import { systemClock } from '../../src/runtime/clock.js';
import type { NeutronConnection } from '../../tests/support/neutron-rows.js';
import { portIdOf } from '../../src/simulator/neutron-rows.js';
import { idOf } from './ports.js';

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

/**
 * A client that renames ports as neutron-server does: it reads a port and its revision, writes both, and begins anew where
 * the revision has moved or the database chose it to give way.
 */
export class Neighbour {
  readonly #connection: NeutronConnection;
  readonly #numbers: readonly number[];
  readonly #clock: Clock = systemClock;
  readonly #tookMs: number[] = [];
  #retries = 0;
  #failures = 0;

  /** @param numbers the ports that it renames, one after the other. */
  constructor(connection: NeutronConnection, numbers: readonly number[]) {
    this.#connection = connection;
    this.#numbers = numbers;
  }

  /** Works until the signal stops it. Each transaction has its moment: one that comes late has waited. */
  async work(signal: AbortSignal): Promise<NeighbourFigures> {
    const startMs = this.#clock.monotonicMs();
    for (let turn = 0; !signal.aborted; turn++) {
      const dueMs = startMs + turn * EVERY_MS;
      const earlyMs = dueMs - this.#clock.monotonicMs();
      if (earlyMs > 0) await this.#clock.sleep(earlyMs);
      await this.#rename(this.#numbers[turn % this.#numbers.length] ?? 0, `name ${turn}`);
      this.#tookMs.push(this.#clock.monotonicMs() - dueMs);
    }
    return { tookMs: this.#tookMs, retries: this.#retries, failures: this.#failures };
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
    try {
      await connection.run('begin');
      const [found] = await connection.run('select revision_number from standardattributes where id = ?', [
        idOf(number),
      ]);
      const revision = Number(found?.['revision_number']);
      const changed = await connection.change(
        'update standardattributes set revision_number = revision_number + 1 where id = ? and revision_number = ?',
        [idOf(number), revision],
      );
      if (changed === 1)
        await connection.run('update ports set name = ? where id = ?', [name, portIdOf(number)]);
      await connection.run(changed === 1 ? 'commit' : 'rollback');
      return changed === 1;
    } catch {
      await connection.run('rollback');
      return false;
    }
  }
}

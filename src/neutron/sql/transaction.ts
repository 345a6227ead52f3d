import { sql } from 'kysely';
import { PortStatusError } from '../../domain/errors.js';
import type { Clock } from '../../runtime/clock.js';
import type { Random } from '../../runtime/random.js';
import { backoffMs } from '../../runtime/retry.js';
import type { Db, SqlDialect, SqlStore } from './dialect.js';
import { carryOutAll, change } from './statements.js';
import type { Results, Statements } from './statements.js';
import { adviceOnTls } from './tls.js';

/** A store with what its transactions need to be repeated. */
export interface Transactor extends SqlStore {
  readonly clock: Clock;
  readonly random: Random;
  /** Called for each repetition. */
  readonly onConflict: () => void;
}

/** Thrown inside a transaction when a guarded update matched fewer rows than it had to: somebody was faster. */
export class Conflict extends Error {
  override readonly name = 'Conflict';
}

/** As often as Neutron itself tries (N:db/api.py, MAX_RETRIES). */
const MAX_ATTEMPTS = 20;
/** How long it is tried before the caller hears of it, and can see that it is to stop. One more attempt may take 2 s. */
const PATIENCE_MS = 5000;
const PAUSE = { firstMs: 5, mostMs: 200 };

/**
 * Runs `work` in one transaction and repeats it after a conflict (deadlock, lock timeout, guarded update that missed),
 * for some seconds at most.
 *
 * On a crash in here the database rolls back. Where the answer to COMMIT is lost the outcome is unknown: the caller's
 * `work` has to be such that doing it twice changes nothing.
 *
 * @param first what the transaction begins with.
 * @throws {PortStatusError} DATA, RIGHTS, LAYOUT or UNAVAILABLE, by the driver's error.
 */
export async function transact<T, const First extends Statements>(
  store: Transactor,
  first: First,
  work: (db: Db, ...first: Results<First>) => Promise<T>,
): Promise<T> {
  const giveUpAtMs = store.clock.monotonicMs() + PATIENCE_MS;
  for (let attempt = 1; ; attempt++) {
    try {
      return await store.db.connection().execute((db) => runOnce(db, store.dialect, first, work));
    } catch (error) {
      if (!isConflict(store, error)) throw translate(store, error);
      if (attempt >= MAX_ATTEMPTS || store.clock.monotonicMs() >= giveUpAtMs)
        throw unavailable(
          error,
          `others write to the same rows of Neutron's database (${attempt} conflicts)`,
        );
      store.onConflict();
      await store.clock.sleep(backoffMs(attempt, PAUSE, store.random));
    }
  }
}

/** Runs single statements outside a transaction, with the same errors. */
export async function query<T>(store: SqlStore, work: (db: Db) => Promise<T>): Promise<T> {
  try {
    return await work(store.db);
  } catch (error) {
    throw translate(store, error);
  }
}

async function runOnce<T, const First extends Statements>(
  db: Db,
  dialect: SqlDialect,
  first: First,
  work: (db: Db, ...first: Results<First>) => Promise<T>,
): Promise<T> {
  try {
    const begin = change(sql.raw(dialect.begin));
    const [, ...found] = await carryOutAll(db, dialect, [begin, ...first]);
    const result = await work(db, ...found);
    await sql`commit`.execute(db);
    return result;
  } catch (error) {
    await sql`rollback`.execute(db).catch(() => undefined); // a dead connection rolls back by itself
    throw error;
  }
}

function isConflict({ dialect }: SqlStore, error: unknown): boolean {
  return (
    error instanceof Conflict ||
    (!(error instanceof PortStatusError) && dialect.classify(error) === 'conflict')
  );
}

/** As MariaDB and PostgreSQL say that they know no such user, or not with that password. */
const LOG_IN = /\(using password: |password authentication failed/;

/** As they say that there is no database of that name. */
const NO_DATABASE = /Unknown database|database "[^"]*" does not exist/;

function translate({ dialect }: SqlStore, error: unknown): unknown {
  if (error instanceof PortStatusError) return error;
  const failure = dialect.classify(error);
  const words = `Neutron's database: ${error instanceof Error ? error.message : String(error)}`;
  switch (failure) {
    case 'conflict':
    case 'UNAVAILABLE':
      return unavailable(error, words);
    case 'RIGHTS':
      return new PortStatusError(
        'RIGHTS',
        `${words}; ${LOG_IN.test(words) ? 'check the user and the password in neutron.url' : 'grant what "port-status migrate --print-grants" prints'}`,
        {
          cause: error,
        },
      );
    case 'LAYOUT':
      return new PortStatusError(
        'LAYOUT',
        `${words}; ${NO_DATABASE.test(words) ? 'check the name of the database in neutron.url' : 'run "port-status migrate", or check the version of Neutron'}`,
        {
          cause: error,
        },
      );
    case 'DATA':
      return new PortStatusError('DATA', words, { cause: error });
  }
}

function unavailable(cause: unknown, words: string): PortStatusError {
  const next = adviceOnTls(cause) ?? 'check that it runs, and the host and port in neutron.url';
  return new PortStatusError('UNAVAILABLE', `${words}; ${next}`, { cause });
}

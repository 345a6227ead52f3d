import type { Clock } from '../../runtime/clock.js';
import type { Random } from '../../runtime/random.js';
import { backoffMs } from '../../runtime/retry.js';
import { closed } from '../refusals.js';
import type { SqliteDatabase } from './database.js';
import { ENGINE, isBusy, translateFault } from './faults.js';
import type { Session } from './session.js';

/** Between attempts to get the lock that another process holds; the event loop runs meanwhile. */
const BACKOFF = { firstMs: 1, mostMs: 50 };

/** How often the lock is asked for before the file counts as unavailable: about five seconds. */
const ATTEMPTS = 80;

export interface GroupCommitOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** Called after a commit for each listener that may have something new. */
  readonly onRing: (listener: string) => void;
}

/** A verb that waits for its transaction. */
interface Job {
  /** Carries the verb out and keeps its outcome. @throws when the whole transaction is void. */
  attempt(session: Session): void;
  /** Tells the caller the outcome. */
  settle(): void;
  fail(error: Error): void;
}

/**
 * Carries out writing verbs: those called in one turn of the event loop share one transaction.
 *
 * A verb that is refused is rolled back alone. A verb whose signal is aborted before its transaction begins is not
 * carried out. Where the commit fails, none was carried out and all throw UNAVAILABLE.
 */
export class GroupCommit {
  readonly #database: SqliteDatabase;
  readonly #options: GroupCommitOptions;
  readonly #jobs = new Set<Job>();
  #isRunning = false;

  constructor(database: SqliteDatabase, options: GroupCommitOptions) {
    this.#database = database;
    this.#options = options;
  }

  async write<T>(work: (session: Session) => T, signal?: AbortSignal): Promise<T> {
    let giveUp = (): void => undefined;
    const answer = new Promise<T>((resolve, reject) => {
      const job = createJob(work, { resolve, reject, path: this.#database.path });
      giveUp = () => {
        if (this.#jobs.delete(job)) reject(signal?.reason as Error);
      };
      this.#jobs.add(job);
    });
    signal?.addEventListener('abort', giveUp, { once: true });
    if (!this.#isRunning) void this.#run();
    return answer.finally(() => signal?.removeEventListener('abort', giveUp));
  }

  /** Gives up what has not begun. */
  close(): void {
    for (const job of this.#takeJobs()) job.fail(closed(ENGINE));
  }

  async #run(): Promise<void> {
    const { clock, random } = this.#options;
    this.#isRunning = true;
    await clock.turn();
    for (let attempt = 1; this.#jobs.size > 0; attempt++) {
      if (this.#commit(attempt)) attempt = 0;
      else await clock.sleep(backoffMs(attempt, BACKOFF, random));
    }
    this.#isRunning = false;
  }

  /** Commits all jobs there are. False: another process holds the lock. */
  #commit(attempt: number): boolean {
    try {
      const session = this.#database.use();
      session.exec('BEGIN IMMEDIATE');
      this.#carryOut(session);
    } catch (error) {
      if (isBusy(error) && attempt < ATTEMPTS) return false;
      for (const job of this.#takeJobs()) job.fail(translateFault(error, this.#database.path));
    }
    return true;
  }

  /** Closing the file ends a transaction that failed, whatever state it is in. */
  #carryOut(session: Session): void {
    const jobs = this.#takeJobs();
    try {
      for (const job of jobs) job.attempt(session);
      session.exec('COMMIT');
    } catch (error) {
      this.#database.close();
      const fault = translateFault(error, this.#database.path);
      for (const job of jobs) job.fail(fault);
      return;
    }
    for (const listener of session.takeRings()) this.#options.onRing(listener);
    for (const job of jobs) job.settle();
  }

  #takeJobs(): readonly Job[] {
    const jobs = [...this.#jobs];
    this.#jobs.clear();
    return jobs;
  }
}

interface Caller<T> {
  readonly resolve: (answer: T) => void;
  readonly reject: (error: Error) => void;
  readonly path: string;
}

/** A verb in a savepoint of its own, so that what it meets does not concern the others. */
function createJob<T>(work: (session: Session) => T, { resolve, reject, path }: Caller<T>): Job {
  let settle = (): void => undefined;
  return {
    attempt(session) {
      session.exec('SAVEPOINT verb');
      try {
        const answer = work(session);
        settle = () => resolve(answer);
      } catch (error) {
        session.exec('ROLLBACK TO verb');
        settle = () => reject(translateFault(error, path));
      }
      session.exec('RELEASE verb');
    },
    settle: () => settle(),
    fail: reject,
  };
}

import { setTimeout as sleepFor, setImmediate as nextTurn } from 'node:timers/promises';

export interface SleepOptions {
  readonly signal?: AbortSignal | undefined;
}

/** The time, as every part of the program gets it: injected, so that any history can be replayed. */
export interface Clock {
  /** Milliseconds since 1970. May be set back or forward under our feet: for people and revisions. */
  now(): number;
  /** Milliseconds since some moment; never goes back. One host's processes share that moment. For durations. */
  monotonicMs(): number;
  /** Resolves after `ms`. @throws the signal's reason when it is aborted first. */
  sleep(ms: number, options?: SleepOptions): Promise<void>;
  /** Resolves when everything that is ready to run has run once: what a group commit gathers in. */
  turn(): Promise<void>;
}

/** The machine's own time. */
export const systemClock: Clock = {
  // Not performance.now(): it does not follow a clock that is set.
  now: () => Date.now(),
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
  sleep: async (ms, { signal } = {}) => {
    try {
      await sleepFor(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
  turn: async () => nextTurn(),
};

import { setMaxListeners } from 'node:events';

/** A task of a group: runs until its work is done or `signal` says stop. */
export type Task = (signal: AbortSignal) => Promise<void>;

/** Calls that one task waits for at a time, at most: more would be a leak, and Node says so. */
const WAITS_PER_TASK = 4;

/**
 * Runs tasks side by side until all have ended; the first that fails stops the others, and its error is thrown when all
 * have ended. Nothing outlives the call.
 *
 * @param signal stops all tasks; the call then resolves when they have ended, without an error. A task that fails
 *   otherwise than with the signal's reason while it is stopped has failed nevertheless.
 */
export async function together(
  tasks: readonly Task[],
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  const stop = new AbortController();
  const all = AbortSignal.any([signal, stop.signal]);
  setMaxListeners(WAITS_PER_TASK * tasks.length, all);
  const failures: unknown[] = [];
  await Promise.all(
    tasks.map(async (task) => {
      try {
        await task(all);
      } catch (error) {
        if (!isStop(error, all)) failures.push(error);
        stop.abort(new Error('stopped, because a task beside it failed'));
      }
    }),
  );
  if (failures.length > 0) throw failures[0];
}

/** Whether `error` is only the signal's own word that the work is to stop. */
export function isStop(error: unknown, signal: AbortSignal): boolean {
  return signal.aborted && error === signal.reason;
}

/**
 * Waits for `work` until the signal stops the waiting: a call that hangs must not hold up a loop that has to end.
 *
 * The call itself goes on, and nobody hears what becomes of it: only for work that may be carried out late.
 *
 * @throws what `work` throws, or the signal's reason.
 */
export function untilStopped<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

type Occasion = (typeof STOP_SIGNALS)[number] | 'SIGHUP' | 'disconnect';

/** What of `process` the shutdown needs. */
export interface SignalSource {
  on(name: Occasion, listener: () => void): unknown;
  off(name: Occasion, listener: () => void): unknown;
}

export interface Shutdown {
  /** Aborted by the first SIGINT or SIGTERM: everything ends its work in order. */
  readonly signal: AbortSignal;
  /** Takes SIGHUP for such a signal from now on: for who has a terminal. A server under `nohup` ignores it. */
  readonly heedHangUp: () => void;
  /** Gives the signals back to the system. */
  close(): void;
}

/**
 * Turns SIGINT and SIGTERM into an orderly stop, and the end of the Node process that started this one with a channel to
 * it, as the demo does: nobody else would tell what it leaves behind.
 *
 * @param stopNow called at the second signal: whoever asks twice does not want to wait. Nothing is lost by it; see the
 *   crash table of docs/how-it-works.md.
 */
export function stopOnSignals(source: SignalSource, stopNow: () => void): Shutdown {
  const stop = new AbortController();
  const hear = (): void => {
    if (stop.signal.aborted) stopNow();
    else stop.abort(new Error('stopped by a signal'));
  };
  const beOrphaned = (): void => stop.abort(new Error('the process that started this one has ended'));
  for (const name of STOP_SIGNALS) source.on(name, hear);
  source.on('disconnect', beOrphaned);
  return {
    signal: stop.signal,
    heedHangUp: () => void source.on('SIGHUP', hear),
    close: () => {
      for (const name of [...STOP_SIGNALS, 'SIGHUP'] as const) source.off(name, hear);
      source.off('disconnect', beOrphaned);
    },
  };
}

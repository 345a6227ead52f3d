const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** What of `process` the shutdown needs. */
export interface SignalSource {
  on(name: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  off(name: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

export interface Shutdown {
  /** Aborted by the first SIGINT or SIGTERM: everything ends its work in order. */
  readonly signal: AbortSignal;
  /** Gives the signals back to the system. */
  close(): void;
}

/**
 * Turns SIGINT and SIGTERM into an orderly stop.
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
  for (const name of STOP_SIGNALS) source.on(name, hear);
  return {
    signal: stop.signal,
    close: () => {
      for (const name of STOP_SIGNALS) source.off(name, hear);
    },
  };
}

import type { Opened } from '../../../src/runtime/opened.js';

/** A server or an agent at its work, until it is stopped. */
export interface Background {
  /** Throws where it has ended by itself. */
  readonly check: () => void;
  readonly stop: () => Promise<void>;
}

export function startInBackground(run: (signal: AbortSignal) => Promise<void>, opened: Opened): Background {
  const stop = new AbortController();
  let end: { readonly why: unknown } | undefined;
  const running = run(stop.signal)
    .then(() => (end = { why: undefined }))
    .catch((why: unknown) => (end = { why }));
  const background: Background = {
    check: () => {
      if (end !== undefined) throw new Error('it has ended by itself', { cause: end.why });
    },
    stop: async () => {
      stop.abort(new Error('the scenario is over'));
      await running;
    },
  };
  opened.add({ close: () => background.stop() });
  return background;
}

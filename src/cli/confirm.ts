import type { Terminal } from '../simulator/demo/screen.js';

/**
 * Asks the person who sits there, and takes `y` for yes and any other key for no.
 *
 * @throws the signal's reason when the program is stopped first.
 */
export async function confirm(terminal: Terminal, question: string, signal: AbortSignal): Promise<boolean> {
  terminal.write(`${question} [y/N] `);
  const key = await keyOf(terminal, signal).finally(() => terminal.write('\n'));
  return key === 'y' || key === 'Y';
}

/** The next key that is pressed. */
function keyOf(terminal: Terminal, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const deaf = terminal.listen((key) => end(() => resolve(key)));
    const stop = (): void => end(() => reject(signal.reason as Error));
    const end = (how: () => void): void => {
      deaf();
      signal.removeEventListener('abort', stop);
      how();
    };
    signal.addEventListener('abort', stop, { once: true });
  });
}

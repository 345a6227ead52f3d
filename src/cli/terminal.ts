import type { ReadStream, WriteStream } from 'node:tty';
import type { Terminal } from '../simulator/demo/screen.js';

/** What of `process` a terminal needs. */
interface TerminalProcess {
  readonly stdin: ReadStream;
  readonly stdout: WriteStream;
  readonly pid: number;
  kill(pid: number, signal: 'SIGINT'): unknown;
  on(event: 'exit', listener: () => void): unknown;
  off(event: 'exit', listener: () => void): unknown;
}

/** Of a terminal that does not tell its size: 0 by 0, as in a container. */
const USUAL = { columns: 80, rows: 24 } as const;

const CTRL_C = '\u0003';

/** The terminal of this process, where standard output is one. Its keys are heard where standard input is one too. */
export function openTerminal(process: TerminalProcess): Terminal | undefined {
  const { stdout } = process;
  if (!stdout.isTTY) return undefined;
  return {
    get columns() {
      return stdout.columns || USUAL.columns;
    },
    get rows() {
      return stdout.rows || USUAL.rows;
    },
    write: (text) => stdout.write(text),
    hasKeys: process.stdin.isTTY,
    listen: (hear) => listen(process, hear),
  };
}

/** Keys come one by one and unseen; Ctrl-C, which the terminal then no longer turns into a signal, is one all the same. */
function listen(process: TerminalProcess, hear: (key: string) => void): () => void {
  const { stdin, pid } = process;
  if (!stdin.isTTY) return () => undefined;
  const take = (keys: Buffer): void => {
    for (const key of keys.toString()) {
      if (key === CTRL_C) process.kill(pid, 'SIGINT');
      else hear(key);
    }
  };
  const restore = (): void => void stdin.setRawMode(false);
  process.on('exit', restore);
  stdin.setRawMode(true).on('data', take).resume();
  return () => {
    stdin.off('data', take).pause();
    restore();
    process.off('exit', restore);
  };
}

import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A command of the program in a process of its own. */
export class Process {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #lastLine = '';

  /** @param program the file that Node runs. */
  constructor(
    readonly name: string,
    program: string,
    args: readonly string[],
    environment: Readonly<Record<string, string | undefined>>,
  ) {
    this.#child = spawn(process.execPath, [program, ...args], {
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#ended = once(this.#child, 'exit');
    this.#child.stderr?.on(
      'data',
      (text: Buffer) => (this.#lastLine = lastLineOf(text.toString(), this.#lastLine)),
    );
  }

  /** Fails as soon as the process ends without having been told to. */
  async watch(signal: AbortSignal): Promise<void> {
    const stopped = new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    await Promise.race([this.#ended, stopped]);
    if (!signal.aborted) throw new Error(`${this.name} ended by itself: ${this.#lastLine}`);
  }

  /** Asks it to end and waits until it has. */
  async stop(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill('SIGTERM');
    await this.#ended;
  }
}

function lastLineOf(text: string, before: string): string {
  return (
    text
      .split('\n')
      .filter((line) => line.trim() !== '')
      .at(-1) ?? before
  );
}

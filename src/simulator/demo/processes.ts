import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { PortStatusError } from '../../domain/errors.js';

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
    if (!signal.aborted) throw this.#endedByItself();
  }

  /** @throws when it has ended already. */
  check(): void {
    if (this.#hasEnded) throw this.#endedByItself();
  }

  /** Asks it to end and waits until it has. */
  async stop(): Promise<void> {
    if (!this.#hasEnded) this.#child.kill('SIGTERM');
    await this.#ended;
  }

  get #hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  #endedByItself(): PortStatusError {
    return new PortStatusError('UNAVAILABLE', `${this.name} ended by itself: ${this.#lastLine}`);
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

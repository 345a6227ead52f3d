import type { Clock } from '../runtime/clock.js';
import type { Random } from '../runtime/random.js';
import type { Terminal } from '../simulator/demo/screen.js';

export interface Output {
  write(text: string): unknown;
}

/** All that a command line touches outside of itself: tests give another one. */
export interface World {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly hostName: string;
  /** The program's version. */
  readonly version: string;
  /** For the command's answer. */
  readonly stdout: Output;
  /** For the log and for errors. */
  readonly stderr: Output;
  /** Where a person sits before standard output; absent where that is a file or a pipe. */
  readonly terminal?: Terminal | undefined;
  /**
   * Has `work` done, without waiting, should the program exit before the command has ended; what was given last first.
   *
   * @returns what takes that back.
   */
  readonly onExit: (work: () => void) => () => void;
  /** Aborted when the command is to stop. */
  readonly signal: AbortSignal;
  /** Aborted when nobody reads standard output any more: who only goes on for that reader may stop. */
  readonly outputClosed: AbortSignal;
  /** Lets that come when the terminal is closed, too. */
  readonly heedHangUp: () => void;
  readonly clock: Clock;
  readonly random: Random;
  /** @throws {NodeJS.ErrnoException} when it can not be read; its `code` is ENOENT where there is no such file. */
  readFile(path: string): string;
}

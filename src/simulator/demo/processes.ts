import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { parseJson } from '../../domain/json.js';
import { PortStatusError } from '../../domain/errors.js';
import type { Clock } from '../../runtime/clock.js';

/** How a process is started. */
export interface Part {
  /** Such as `server A`. */
  readonly name: string;
  /** The file that Node runs. */
  readonly program: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** How long a process may take to end when it is asked to. */
const STOP_MS = 5000;

/** A command of the program in a process of its own. */
export class Process {
  readonly name: string;
  /** Resolves when it has ended; false: nobody had told it to. */
  readonly ended: Promise<{ readonly wasTold: boolean }>;
  readonly #child: ChildProcess;
  #lastLine = 'it said nothing';
  #address: string | undefined;
  #wasTold = false;

  constructor({ name, program, args, environment }: Part) {
    this.name = name;
    this.#child = spawn(process.execPath, [program, ...args], {
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'], // the channel closes when we end, however that comes
    });
    this.ended = once(this.#child, 'exit').then(() => ({ wasTold: this.#wasTold }));
    if (this.#child.stderr !== null) {
      createInterface({ input: this.#child.stderr }).on('line', (line) => this.#hear(line));
    }
  }

  /** Where it serves its metrics, once it has said so. */
  get address(): string | undefined {
    return this.#address;
  }

  get hasEnded(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** What is to be said when it has ended without having been told to. */
  get obituary(): PortStatusError {
    return new PortStatusError(
      'UNAVAILABLE',
      `${this.name} ended by itself, after "${this.#lastLine}"; start the demo again, and report it where that does not help`,
    );
  }

  /** Ends it at once, as a power cut would. */
  kill(): void {
    this.#wasTold = true;
    this.#child.kill('SIGKILL');
  }

  /** Asks it to end, and makes it where that takes too long. Resolves when it has ended. */
  async stop(clock: Clock): Promise<void> {
    this.#wasTold = true;
    if (this.hasEnded) return;
    this.#child.kill('SIGTERM');
    const patience = new AbortController();
    const insist = clock.sleep(STOP_MS, { signal: patience.signal }).then(
      () => this.kill(),
      () => undefined,
    );
    await this.ended;
    patience.abort(new Error('it has ended'));
    await insist;
  }

  #hear(line: string): void {
    if (line.trim() === '') return;
    const entry = parseJson(line);
    const { event, address, msg } = isRecord(entry) ? entry : { msg: line };
    if (event === 'http.listening' && typeof address === 'string') this.#address = address;
    if (typeof msg === 'string') this.#lastLine = msg;
  }
}

function isRecord(value: unknown): value is Readonly<Record<'event' | 'address' | 'msg', unknown>> {
  return typeof value === 'object' && value !== null;
}

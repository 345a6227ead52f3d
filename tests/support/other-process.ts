import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { ErrorCode } from '../../src/domain/errors.js';
import { PortStatusError } from '../../src/domain/errors.js';
import type { Northbound } from '../../src/northbound/northbound.js';

const SCRIPT = fileURLToPath(new URL('other-process.mjs', import.meta.url));

/** What goes to the other process; each request is answered under its number. */
type Request =
  | { readonly kind: 'open'; readonly connection: number; readonly path: string }
  | { readonly kind: 'shift'; readonly shiftMs: number }
  | { readonly kind: 'abort'; readonly call: number }
  | {
      readonly kind: 'call';
      readonly connection: number;
      readonly verb: string;
      /** The last one is the verb's options where `isAbortable` says that they bear a signal; it stays here. */
      readonly args: readonly unknown[];
      readonly isAbortable: boolean;
    };

interface Answer {
  readonly id: number;
  readonly answer?: unknown;
  readonly refusal?: { readonly code: ErrorCode; readonly message: string };
}

/** A second process of this host with connections of its own to northbound files. */
export class OtherProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #requests = 0;
  #connections = 0;

  private constructor() {
    this.#child = fork(SCRIPT, { serialization: 'advanced' });
    this.#child.on('message', (answer: Answer) => this.#waiting.get(answer.id)?.(answer));
  }

  /** Starts the process. */
  static async start(): Promise<OtherProcess> {
    const other = new OtherProcess();
    await new Promise((resolve) => other.#waiting.set(0, resolve));
    return other;
  }

  /** Opens a connection there; every verb called on it here is carried out there. */
  async connect(path: string): Promise<Northbound> {
    const connection = ++this.#connections;
    await this.#ask({ kind: 'open', connection, path });
    const verbOf =
      (verb: string) =>
      (...args: readonly unknown[]) =>
        this.#call(connection, verb, args);
    const get = (_target: object, name: string): unknown => {
      if (name === 'engine') return 'sqlite';
      return name === 'then' ? undefined : verbOf(name);
    };
    return new Proxy({}, { get }) as Northbound;
  }

  /** Sets how far the clock there is ahead of the machine's. */
  async shift(shiftMs: number): Promise<void> {
    await this.#ask({ kind: 'shift', shiftMs });
  }

  /** Ends the process as a crash would: nothing is closed. */
  async kill(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
  }

  async #call(connection: number, verb: string, args: readonly unknown[]): Promise<unknown> {
    const { signal, ...options } = readOptions(args.at(-1));
    if (signal === undefined) return this.#ask({ kind: 'call', connection, verb, args, isAbortable: false });
    signal.throwIfAborted();
    const id = this.#requests + 1;
    signal.addEventListener('abort', () => void this.#ask({ kind: 'abort', call: id }));
    const call = { verb, args: [...args.slice(0, -1), options], isAbortable: true };
    return this.#ask({ kind: 'call', connection, ...call }).catch((error: unknown) => {
      throw signal.aborted ? signal.reason : error;
    });
  }

  async #ask(request: Request): Promise<unknown> {
    const id = ++this.#requests;
    this.#child.send({ ...request, id });
    const { answer, refusal } = await new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#waiting.delete(id);
    if (refusal !== undefined) throw new PortStatusError(refusal.code, refusal.message);
    return answer;
  }
}

/** The options that are a call's last argument, if they are: only they bear a signal. */
function readOptions(last: unknown): { readonly signal?: AbortSignal } {
  if (typeof last !== 'object' || last === null || !('signal' in last)) return {};
  return last.signal instanceof AbortSignal ? { ...last, signal: last.signal } : {};
}

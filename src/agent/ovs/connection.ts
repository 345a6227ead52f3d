import type { Duplex } from 'node:stream';
import { PortStatusError } from '../../domain/errors.js';
import type { Clock } from '../../runtime/clock.js';
import { together } from '../../runtime/together.js';
import { MessageSplitter } from './framing.js';
import { explainTlsFailure } from './tls.js';

/** The server's answer to a call. */
export type Reply =
  { readonly kind: 'result'; readonly value: unknown } | { readonly kind: 'error'; readonly reason: string };

export interface ConnectionOptions {
  readonly clock: Clock;
  /** How long the line may be quiet before an echo is sent, and how long its answer may take, in milliseconds. */
  readonly echoMs: number;
  /**
   * Called with each notification before the next message is looked at. What it throws ends the connection.
   */
  readonly notified: (method: string, params: readonly unknown[]) => void;
}

interface PendingCall {
  readonly settle: (reply: Reply) => void;
  readonly fail: (error: Error) => void;
}

/** A JSON-RPC message of either direction; see RFC 7047, section 4. */
interface Message {
  readonly id?: unknown;
  readonly method?: unknown;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: unknown;
}

/**
 * JSON-RPC 1.0 over one stream of bytes: calls, notifications, and echoes in both directions.
 *
 * A peer that is silent for `echoMs` is asked for an echo; when `echoMs` later it has said nothing at all, the connection
 * ends. A cable that was cut says nothing, and neither does a server that was stopped.
 */
export class OvsdbConnection {
  readonly #stream: Duplex;
  readonly #options: ConnectionOptions;
  readonly #splitter = new MessageSplitter();
  readonly #calls = new Map<number, PendingCall>();
  #lastId = 0;
  #heardAtMs: number;
  #end: Error | undefined;

  /** @param stream connected; it belongs to the connection from now on. */
  constructor(stream: Duplex, options: ConnectionOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#heardAtMs = options.clock.monotonicMs();
    // The reader hears of the same error; without a listener it would end the process.
    stream.on('error', () => undefined);
  }

  /**
   * Reads and watches the line until it ends or the signal stops it; every pending call has failed then.
   *
   * @throws {PortStatusError} UNAVAILABLE with the reason when the line ends, RIGHTS when TLS ends it.
   */
  async run(signal: AbortSignal): Promise<void> {
    try {
      await together([(stop) => this.#read(stop), (stop) => this.#watchSilence(stop)], { signal });
      this.#failCalls(gone('was closed by us'));
    } catch (error) {
      this.#failCalls(error as Error);
      throw error;
    } finally {
      this.#stream.destroy();
    }
  }

  /**
   * Calls a method of the server.
   *
   * @param read turns the reply into the call's value. It runs before the next message is looked at, so what it sets is
   *   there when a notification follows on the reply's heels.
   * @throws {PortStatusError} UNAVAILABLE when the connection ends first; and whatever `read` throws.
   */
  call<T>(method: string, params: readonly unknown[], read: (reply: Reply) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#end !== undefined) {
        reject(this.#end);
        return;
      }
      const id = ++this.#lastId;
      this.#calls.set(id, {
        settle: (reply) => settleWith(() => read(reply), resolve, reject),
        fail: reject,
      });
      this.#send({ id, method, params });
    });
  }

  async #read(signal: AbortSignal): Promise<void> {
    const hangUp = (): void => void this.#stream.destroy();
    signal.addEventListener('abort', hangUp, { once: true });
    try {
      for await (const chunk of this.#stream) this.#take(chunk as Buffer);
    } catch (cause) {
      signal.throwIfAborted();
      if (cause instanceof PortStatusError) throw cause;
      // With TLS 1.3 a server refuses our certificate only after the connection has opened.
      throw explainTlsFailure(cause) ?? gone(`broke (${String(cause)})`, cause);
    } finally {
      signal.removeEventListener('abort', hangUp);
    }
    signal.throwIfAborted();
    throw gone('was closed by the server');
  }

  async #watchSilence(signal: AbortSignal): Promise<void> {
    const { clock, echoMs } = this.#options;
    for (;;) {
      await clock.sleep(this.#heardAtMs + echoMs - clock.monotonicMs(), { signal });
      if (clock.monotonicMs() - this.#heardAtMs >= echoMs) await this.#askForEcho(signal);
    }
  }

  async #askForEcho(signal: AbortSignal): Promise<void> {
    const { clock, echoMs } = this.#options;
    const heardBefore = this.#heardAtMs;
    this.call('echo', [], () => undefined).catch(() => undefined);
    await clock.sleep(echoMs, { signal });
    // After this process itself was paused, the answer may be waiting unread: give it one turn.
    await clock.turn();
    if (this.#heardAtMs === heardBefore) throw gone(`was silent for ${2 * echoMs} ms`);
  }

  #take(chunk: Buffer): void {
    this.#heardAtMs = this.#options.clock.monotonicMs();
    for (const message of this.#splitter.push(chunk)) this.#dispatch(message as Message);
  }

  #dispatch({ id, method, params, result, error }: Message): void {
    if (typeof method !== 'string') this.#settleCall(id, toReply(result, error));
    else if (id === null || id === undefined)
      this.#options.notified(method, Array.isArray(params) ? params : []);
    else if (method === 'echo') this.#send({ id, result: params, error: null });
    else this.#send({ id, result: null, error: 'unknown method' });
  }

  #settleCall(id: unknown, reply: Reply): void {
    const call = this.#calls.get(id as number);
    this.#calls.delete(id as number);
    call?.settle(reply);
  }

  #failCalls(error: Error): void {
    this.#end = error;
    for (const { fail } of this.#calls.values()) fail(error);
    this.#calls.clear();
  }

  #send(message: Message): void {
    this.#stream.write(JSON.stringify(message));
  }
}

function settleWith<T>(read: () => T, resolve: (value: T) => void, reject: (reason: unknown) => void): void {
  try {
    resolve(read());
  } catch (error) {
    reject(error);
  }
}

/** OVSDB's errors are either a bare string (`"unknown method"`) or an object with `error` and `details`. */
function toReply(result: unknown, error: unknown): Reply {
  if (error === null || error === undefined) return { kind: 'result', value: result };
  return { kind: 'error', reason: typeof error === 'string' ? error : JSON.stringify(error) };
}

function gone(how: string, cause?: unknown): PortStatusError {
  return new PortStatusError(
    'UNAVAILABLE',
    `the connection to Open vSwitch's database ${how}; check ovsdb-server`,
    { cause },
  );
}

import { unavailable } from '../refusals.js';
import { ENGINE } from './faults.js';
import type { Gateway } from './gateway.js';
import { decodeKeyValue, encode } from './operations.js';
import type { KeyValue, Range, RawKeyValue } from './operations.js';

/** A key was written or removed; `kv.modified` is the revision in which that happened. */
export interface WatchEvent {
  readonly kind: 'put' | 'delete';
  readonly kv: KeyValue;
}

/** Something to hear of: what it is, from which revision on, and who is told. */
export interface Watched {
  readonly range: Range;
  /** Where to begin; moves on with what is told. A revision may come in pieces, so its last one is told again. */
  next: number;
  readonly tell: (event: WatchEvent) => unknown;
}

/** How a watch ended: `compacted`, because etcd has thrown away revisions that it was to tell of. */
export type WatchEnd = 'compacted' | 'stopped';

interface RawResult {
  readonly watch_id?: string;
  readonly canceled?: boolean;
  readonly cancel_reason?: string;
  readonly compact_revision?: string;
  readonly events?: readonly { readonly type?: string; readonly kv: RawKeyValue }[];
}

interface RawMessage {
  readonly result?: RawResult;
  readonly error?: { readonly message?: string };
}

/** One stream on which several ranges are watched. */
export class Watch {
  readonly #messages: AsyncIterable<unknown>;
  readonly #watched: readonly Watched[];
  readonly #gateway: Gateway;
  readonly #stop: AbortController;

  private constructor(
    gateway: Gateway,
    messages: AsyncIterable<unknown>,
    watched: readonly Watched[],
    stop: AbortController,
  ) {
    this.#gateway = gateway;
    this.#messages = messages;
    this.#watched = watched;
    this.#stop = stop;
  }

  /** Begins; what happens from `next` on is told by `run`. @throws as Gateway.stream. */
  static async open(gateway: Gateway, watched: readonly Watched[]): Promise<Watch> {
    const stop = new AbortController();
    const requests = watched.map(({ range: { key, end }, next }, index) => ({
      create_request: {
        key: encode(key),
        range_end: end === undefined ? undefined : encode(end),
        start_revision: next,
        watch_id: index + 1,
        fragment: true,
      },
    }));
    return new Watch(gateway, await gateway.stream('/v3/watch', requests, stop), watched, stop);
  }

  /** Tells of what happens until the watch ends. @throws {PortStatusError} UNAVAILABLE when it is lost, RIGHTS, CLOSED. */
  async run(): Promise<WatchEnd> {
    try {
      for await (const message of this.#messages) {
        const { result, error } = message as RawMessage;
        if (result === undefined)
          throw unavailable(ENGINE, `a watch failed (${error?.message ?? 'no reason'})`);
        if (result.canceled === true) return this.#explainCancel(result);
        this.#tell(result);
      }
      return 'stopped';
    } catch (error) {
      if (this.#stop.signal.aborted) return 'stopped';
      throw error;
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  #tell({ watch_id, events = [] }: RawResult): void {
    const watched = this.#watched[Number(watch_id) - 1];
    for (const { type, kv: raw } of events) {
      const kv = decodeKeyValue(raw);
      watched?.tell({ kind: type === 'DELETE' ? 'delete' : 'put', kv });
      if (watched !== undefined) watched.next = kv.modified;
    }
  }

  /** A watch is refused without a code; its token may be at fault as well as its user's rights. */
  #explainCancel({ compact_revision, cancel_reason }: RawResult): WatchEnd {
    this.stop();
    if (Number(compact_revision ?? 0) > 0) return 'compacted';
    this.#gateway.forgetToken();
    throw unavailable(ENGINE, `a watch was refused (${cancel_reason ?? 'no reason'})`);
  }
}

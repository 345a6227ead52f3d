import { duplexPair } from 'node:stream';
import type { Duplex } from 'node:stream';
import type { Dial } from '../../../src/agent/ovs/dial.js';
import { MessageSplitter } from '../../../src/agent/ovs/framing.js';
import { Doorbell } from '../../../src/runtime/doorbell.js';
import { eachRow } from './wire-switch.js';
import type { WireTables } from './wire-switch.js';

export interface WireMessage {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: readonly unknown[];
  readonly result?: unknown;
  readonly error?: unknown;
}

const MONITORS = ['monitor', 'monitor_cond', 'monitor_cond_since'];
const NO_TRANSACTION = '00000000-0000-0000-0000-000000000000';

/** An OVSDB server in the same process, at the other end of `dial`; a test decides what it knows and when it is silent. */
export class FakeServer {
  /** What a monitor begins with. */
  tables: WireTables;
  methods = ['monitor_cond_since', 'monitor_cond', 'monitor_cancel', 'echo'];
  /** What `monitor_cond_since` answers instead of everything, when set. */
  since: ((transaction: unknown) => unknown) | undefined;
  /** False: it takes everything in and says nothing. */
  speaks = true;
  /** What the next dials fail with. */
  readonly refusals: Error[] = [];
  readonly received: WireMessage[] = [];
  dials = 0;
  readonly #bell = new Doorbell();
  #stream: Duplex | undefined;
  #monitor: unknown;

  constructor(tables: WireTables = {}) {
    this.tables = tables;
  }

  readonly dial: Dial = async () => {
    this.dials++;
    const refusal = this.refusals.shift();
    if (refusal !== undefined) throw refusal;
    const [ours, theirs] = duplexPair();
    const splitter = new MessageSplitter();
    ours.on('data', (chunk: Buffer) => {
      for (const message of splitter.push(chunk)) this.#receive(message as WireMessage);
    });
    this.#stream = ours;
    return theirs;
  };

  /** Resolves when the server has got `count` messages of this method (or `undefined`: answers), and gives the last. */
  async receives(method: string | undefined, count = 1): Promise<WireMessage> {
    for (;;) {
      const found = this.received.filter((message) => message.method === method);
      const last = found[count - 1];
      if (last !== undefined) return last;
      await this.#bell.wait({ signal: new AbortController().signal });
    }
  }

  send(message: WireMessage): void {
    this.#stream?.write(JSON.stringify(message));
  }

  /** Sends an update of the monitor, in the form that belongs to `monitor_cond_since`. */
  update(tables: WireTables, transaction = NO_TRANSACTION): void {
    this.send({ id: null, method: 'update3', params: [this.#monitor, transaction, tables] });
  }

  /** As `update`, in the form that belongs to `monitor_cond`. */
  update2(tables: WireTables): void {
    this.send({ id: null, method: 'update2', params: [this.#monitor, tables] });
  }

  /** As `update`, in the form that belongs to `monitor`. */
  oldUpdate(tables: WireTables): void {
    this.send({ id: null, method: 'update', params: [this.#monitor, tables] });
  }

  hangUp(): void {
    this.#stream?.end();
  }

  write(bytes: string): void {
    this.#stream?.write(bytes);
  }

  #receive(message: WireMessage): void {
    this.received.push(message);
    if (this.speaks && message.method !== undefined) this.send(this.#answer(message));
    this.#bell.ring();
  }

  #answer({ id, method = '', params = [] }: WireMessage): WireMessage {
    if (!this.methods.includes(method)) return { id, error: 'unknown method' };
    if (MONITORS.includes(method)) this.#monitor = params[1];
    return { id, result: this.#result(method, params), error: null };
  }

  #result(method: string, params: readonly unknown[]): unknown {
    const everything = eachRow('initial', this.tables);
    if (method === 'monitor') return eachRow('new', this.tables);
    if (method === 'monitor_cond') return everything;
    if (method === 'monitor_cond_since')
      return this.since?.(params[3]) ?? [false, NO_TRANSACTION, everything];
    return params;
  }
}

import { PortStatusError } from '../../domain/errors.js';
import type { OvsdbConnection, Reply } from './connection.js';
import { DIALECTS, NO_TRANSACTION } from './dialects.js';
import type { Beginning, Dialect } from './dialects.js';
import { TableImage } from './image.js';
import type { RowChange, SwitchImage } from './image.js';

/** What a monitor tells its owner, always after the image was brought up to date. */
export interface MonitorListener {
  /**
   * The image stands as the server has it now; anything may differ from before.
   *
   * @param isPartial whether it does not quite, because rows could not be read.
   */
  synchronized(image: SwitchImage, isPartial: boolean): void;
  changed(changes: readonly RowChange[], isPartial: boolean): void;
  /** A row could not be read; it was left as it was. */
  unreadable(): void;
}

/**
 * Keeps an image of the watched tables, over one connection after another.
 *
 * It outlives connections, so that a server that keeps a history (a cluster) sends only what changed since the last
 * transaction that we saw. A stand-alone ovsdb-server keeps none and sends everything: `found` is false and the
 * transaction all zeros (seen on 3.1).
 */
export class Monitor {
  readonly #listener: MonitorListener;
  readonly #dialects: readonly Dialect[];
  readonly #image: TableImage;
  #transaction = NO_TRANSACTION;
  #starts = 0;
  /** The monitor that is listened to now; another's notifications are left over from before a refresh. */
  #current: { readonly id: string; readonly dialect: Dialect } | undefined;

  /** @param dialects the ways to ask, the best first; the server takes the first that it knows. */
  constructor(listener: MonitorListener, dialects: readonly Dialect[] = DIALECTS) {
    this.#listener = listener;
    this.#dialects = dialects;
    this.#image = new TableImage(() => listener.unreadable());
  }

  /**
   * Begins to follow the tables on a new connection, in the best dialect that the server speaks.
   *
   * @throws {PortStatusError} UNAVAILABLE when the connection ends or the server has no such tables.
   */
  async start(connection: OvsdbConnection): Promise<void> {
    this.#current = undefined;
    await this.#begin(connection, this.#image.isPartial ? NO_TRANSACTION : this.#transaction);
  }

  /** Has everything sent again on the connection that it was started on. @throws as `start`. */
  async restart(connection: OvsdbConnection): Promise<void> {
    const before = this.#current;
    await this.#begin(connection, NO_TRANSACTION);
    if (before !== undefined) await connection.call('monitor_cancel', [before.id], () => undefined);
  }

  /** Takes in a notification of the connection; those that are not of this monitor are none of its business. */
  hear(method: string, [id, ...params]: readonly unknown[]): void {
    if (this.#current?.id !== id || this.#current?.dialect.notification !== method) return;
    const { rows, transaction } = this.#current.dialect.readUpdates(params);
    this.#transaction = transaction ?? NO_TRANSACTION;
    this.#listener.changed(this.#image.apply(rows), this.#image.isPartial);
  }

  async #begin(connection: OvsdbConnection, since: string): Promise<void> {
    for (const dialect of this.#dialects) {
      const id = `port-status-${++this.#starts}`;
      const began = await connection.call(dialect.method, dialect.params(id, since), (reply) => {
        const beginning = readBeginning(dialect, reply);
        if (beginning !== undefined) this.#synchronize({ id, dialect }, beginning);
        return beginning !== undefined;
      });
      if (began) return;
    }
    throw new PortStatusError(
      'UNAVAILABLE',
      `the server knows none of ${this.#dialects.map(({ method }) => method).join(', ')}; check that the address is an OVSDB server's`,
    );
  }

  #synchronize(
    current: { readonly id: string; readonly dialect: Dialect },
    { isComplete, rows, transaction }: Beginning,
  ): void {
    this.#current = current;
    if (isComplete) this.#image.clear();
    this.#image.apply(rows);
    this.#transaction = transaction ?? NO_TRANSACTION;
    this.#listener.synchronized(this.#image.tables, this.#image.isPartial);
  }
}

/** What the server sent, or undefined when it does not know the dialect. @throws {PortStatusError} UNAVAILABLE */
function readBeginning(dialect: Dialect, reply: Reply): Beginning | undefined {
  if (reply.kind === 'result') return dialect.readBeginning(reply.value);
  if (reply.reason === 'unknown method') return undefined;
  throw new PortStatusError(
    'UNAVAILABLE',
    `the server refuses ${dialect.method}: ${reply.reason}; check that the address is Open vSwitch's database`,
  );
}

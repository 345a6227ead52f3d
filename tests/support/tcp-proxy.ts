import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo, NetConnectOpts, Server, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * What becomes of bytes: passed on, or taken in and never heard of again, as by a firewall that forgot the connection; or
 * of new connections: `shut` resets them, as where nobody listens. A connection of which bytes were lost stays silent for
 * good: no network passes on what comes after a gap, and Redis' answers would be taken for those to other questions.
 */
type Passage = 'open' | 'black-hole' | 'shut';

/** What went through a proxy, on all its connections together. */
export interface Traffic {
  /** Bytes that clients sent. */
  sent: number;
  /** Bytes that the server sent. */
  received: number;
  /** How often a client spoke after it had heard the server: each time it had to wait for an answer. */
  roundTrips: number;
}

/** A TCP port in front of a server, where a test does to connections what a network does. */
export interface TcpProxy {
  /** Where it listens. */
  readonly port: number;
  /** Connections that were ever made to it. */
  readonly connections: number;
  readonly traffic: Readonly<Traffic>;
  /** How long each piece of bytes is kept back, in milliseconds (default 0). */
  delayMs: number;
  /** Whether bytes are passed on, in both directions and on every connection, also of new ones (default open). */
  passage: Passage;
  /** What the server has sent on the connection of this number (0 is the first). */
  heard(connection: number): string;
  /** Ends the server's side of every connection, and leaves the client's open and silent. */
  halfOpen(): void;
  /** Ends every connection with a reset. */
  reset(): void;
  dispose(): Promise<void>;
}

/** Starts a proxy on a free port of this address. */
export async function startTcpProxy(target: NetConnectOpts, address = '127.0.0.1'): Promise<TcpProxy> {
  const proxy = new Proxy(target);
  await proxy.listen(address);
  return proxy;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  heard: string;
  isHalfOpen: boolean;
  isForgotten: boolean;
  /** Who spoke last. */
  last: 'client' | 'server';
}

class Proxy implements TcpProxy {
  delayMs = 0;
  passage: Passage = 'open';
  readonly traffic: Traffic = { sent: 0, received: 0, roundTrips: 0 };
  readonly #target: NetConnectOpts;
  readonly #pairs: Pair[] = [];
  readonly #listener: Server;

  constructor(target: NetConnectOpts) {
    this.#target = target;
    this.#listener = createServer({ noDelay: true }, (client) => this.#join(client));
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#pairs.length;
  }

  async listen(address: string): Promise<void> {
    this.#listener.listen(0, address);
    await once(this.#listener, 'listening');
  }

  heard(connection: number): string {
    return this.#pairs[connection]?.heard ?? '';
  }

  halfOpen(): void {
    for (const pair of this.#pairs) {
      pair.isHalfOpen = true;
      pair.server.destroy();
    }
  }

  reset(): void {
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
  }

  async dispose(): Promise<void> {
    const closed = once(this.#listener, 'close');
    this.#listener.close();
    for (const { client, server } of this.#pairs) {
      client.destroy();
      server.destroy();
    }
    await closed;
  }

  #join(client: Socket): void {
    if (this.passage === 'shut') {
      client.resetAndDestroy();
      return;
    }
    const pair: Pair = {
      client,
      server: connect({ ...this.#target, noDelay: true }),
      heard: '',
      isHalfOpen: false,
      isForgotten: false,
      last: 'server',
    };
    this.#pairs.push(pair);
    this.#pass(pair, 'client', (chunk) => this.#noteSent(pair, chunk));
    this.#pass(pair, 'server', (chunk) => this.#noteReceived(pair, chunk));
    client.on('close', () => pair.server.destroy());
    pair.server.on('close', () => {
      if (!pair.isHalfOpen) client.end();
    });
  }

  #noteSent(pair: Pair, chunk: Buffer): void {
    this.traffic.sent += chunk.length;
    if (pair.last === 'server') this.traffic.roundTrips += 1;
    pair.last = 'client';
  }

  #noteReceived(pair: Pair, chunk: Buffer): void {
    this.traffic.received += chunk.length;
    pair.heard += chunk.toString('latin1');
    pair.last = 'server';
  }

  #pass(pair: Pair, side: 'client' | 'server', note: (chunk: Buffer) => void): void {
    const from = pair[side];
    const to = pair[side === 'client' ? 'server' : 'client'];
    let before = Promise.resolve();
    from.on('error', () => undefined);
    from.on('data', (chunk: Buffer) => {
      pair.isForgotten ||= this.passage === 'black-hole';
      if (pair.isForgotten) return;
      note(chunk);
      before = before.then(async () => {
        if (this.delayMs > 0) await sleep(this.delayMs);
        if (!to.destroyed) to.write(chunk);
      });
    });
  }
}

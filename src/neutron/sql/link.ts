import type { Socket } from 'node:net';
import type { Tls } from './tls.js';

/** What a connection to a database server is made of, beside its URL. */
export interface Link {
  /** After which silence it is given up; by default 15 s. */
  readonly silenceMs?: number | undefined;
  readonly tls?: Tls | undefined;
}

/**
 * A connection on which nothing came or went for so long is given up: a database that hangs, or a path that swallows
 * everything, would otherwise hold a server for as long as TCP has patience. Longer than any wait for a lock.
 */
export const SILENCE_MS = 15_000;

/** Breaks a connection that is silent for so long; the statement under way fails, and the next one gets another. */
export function endWhenSilent(socket: Socket, silenceMs: number): Socket {
  return socket.setTimeout(silenceMs, () =>
    socket.destroy(new Error(`no answer for ${silenceMs} ms; the connection was given up`)),
  );
}

/** The host as a socket takes it: a URL writes an IPv6 address in brackets. */
export function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}

import type { Socket } from 'node:net';

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

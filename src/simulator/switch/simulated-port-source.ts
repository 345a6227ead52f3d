import { once } from 'node:events';
import { createConnection } from 'node:net';
import type { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { PortSource, SwitchUpdate } from '../../agent/port-source.js';
import { PortStatusError } from '../../domain/errors.js';
import type { Clock } from '../../runtime/clock.js';
import type { Random } from '../../runtime/random.js';
import { backoffMs } from '../../runtime/retry.js';

const BACKOFF = { firstMs: 50, mostMs: 1000 };

/** Follows a SimulatedSwitch; connects again for as long as it takes. */
export function simulatedPortSource(path: string, clock: Clock, random: Random): PortSource {
  let socket: Socket | undefined;
  return {
    refresh: () => void socket?.write('dump\n'),
    probe: async () => {
      if (socket?.readyState === 'open') return; // both ends are on this machine: it ends as soon as the other does
      throw new PortStatusError('UNAVAILABLE', `the simulated switch at ${path} is gone`);
    },
    async *watch({ signal }) {
      for (let attempt = 1; ; attempt++) {
        signal.throwIfAborted();
        socket = await connect(path);
        if (socket !== undefined) {
          attempt = 0;
          yield* updatesOf(socket, signal);
          yield { kind: 'lost', reason: `the simulated switch at ${path} is gone` };
        }
        await clock.sleep(backoffMs(attempt + 1, BACKOFF, random), { signal });
      }
    },
  };
}

async function connect(path: string): Promise<Socket | undefined> {
  const socket = createConnection(path);
  try {
    await once(socket, 'connect');
    return socket;
  } catch {
    return undefined;
  }
}

/** Both ends are ours: what arrives is an update. */
async function* updatesOf(socket: Socket, signal: AbortSignal): AsyncIterable<SwitchUpdate> {
  const stop = (): void => void socket.destroy();
  signal.addEventListener('abort', stop, { once: true });
  const lines = createInterface({ input: socket });
  socket.once('close', () => lines.close()); // readline itself ends with `end` alone, which a broken connection has not
  try {
    for await (const line of lines) yield JSON.parse(line) as SwitchUpdate;
  } catch {
    // a connection that breaks is one that has ended
  } finally {
    signal.removeEventListener('abort', stop);
    socket.destroy();
  }
  signal.throwIfAborted();
}

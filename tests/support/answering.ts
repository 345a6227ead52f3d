import type { ChildProcess } from 'node:child_process';
import { pass } from './eventually.js';

/** Waits until a server that was just started takes a connection. @throws when it ended instead. */
export async function answering(
  connect: () => Promise<{ end(): Promise<unknown> }>,
  server: ChildProcess,
): Promise<void> {
  for (;;) {
    if (server.exitCode !== null) throw new Error(`${server.spawnfile} ended with ${server.exitCode}`);
    try {
      await (await connect()).end();
      return;
    } catch {
      await pass(50);
    }
  }
}

import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Done, LoadOptions, Order } from './orders.js';

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));

/** The load as its parent sees it: a process with the agents of all chassis. */
export class Load {
  readonly #process: ChildProcess;

  constructor(child: ChildProcess) {
    this.#process = child;
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Gives an order. @returns the answer, when it is carried out and all reports are stored. */
  order(order: Order): Promise<Done> {
    const done = answerOf(this.#process);
    this.#process.send(order);
    return done;
  }

  async close(): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.disconnect();
    await ended;
  }
}

/** Starts the load; resolves when every agent has registered. */
export async function startLoad(options: LoadOptions): Promise<Load> {
  const child = fork(MAIN, [JSON.stringify(options)], { stdio: ['ignore', 2, 2, 'ipc'] });
  await answerOf(child);
  return new Load(child);
}

async function answerOf(child: ChildProcess): Promise<Done> {
  const stop = new AbortController();
  const { signal } = stop;
  const ended = once(child, 'exit', { signal }).then(([code]) => {
    throw new Error(`the load ended with ${String(code)}`);
  });
  try {
    const [done] = (await Promise.race([once(child, 'message', { signal }), ended])) as [Done];
    return done;
  } finally {
    stop.abort();
    await ended.catch(() => undefined);
  }
}

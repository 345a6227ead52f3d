import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { Tally } from './crash-table.js';
import type { Came } from './crash-table.js';
import { historyOf, playHistory } from './play.js';
import { Stage } from './world.js';

/** The seeds of one player: every `stride`th from `first` to `last`. */
export interface Seeds {
  readonly first: number;
  readonly last: number;
  readonly stride: number;
  readonly steps: number;
}

export interface Played {
  readonly seed: number;
  readonly complaints: readonly string[];
  readonly came: Came;
}

/** Plays histories on several cores. @yields what came out, in the order of the seeds. */
export async function* playInParallel(options: {
  readonly first: number;
  readonly last: number;
  readonly steps: number;
  readonly jobs: number;
  readonly signal: AbortSignal;
}): AsyncIterable<Played> {
  const { first, last, steps, signal } = options;
  const jobs = Math.min(options.jobs, last - first + 1);
  const shares = Array.from({ length: jobs }, (_, job) => ({
    ...{ first: first + job, last, stride: jobs, steps },
  }));
  const players = jobs === 1 ? shares.map((share) => playAll(share)) : shares.map((share) => hire(share));
  for (let seed = first; seed <= last; seed++) {
    signal.throwIfAborted();
    const next = await players[(seed - first) % jobs]?.next();
    if (next?.done === false) yield next.value;
  }
  await Promise.all(players.map((player) => player.return(undefined)));
}

/** Plays them here, one after the other. */
export async function* playAll({ first, last, stride, steps }: Seeds): AsyncGenerator<Played, undefined> {
  const stage = new Stage();
  try {
    for (let seed = first; seed <= last; seed += stride) {
      const tally = new Tally();
      const complaints = await playHistory(stage, historyOf(seed, steps), tally);
      yield { seed, complaints, came: tally.all };
    }
  } finally {
    await stage.close();
  }
  return undefined;
}

const PLAYER = new URL('./player.js', import.meta.url);

/** Has them played by a thread, which runs ahead of whoever reads. */
async function* hire(seeds: Seeds): AsyncGenerator<Played, undefined> {
  const worker = new Worker(PLAYER, { workerData: seeds });
  const played: Played[] = [];
  const failed: unknown[] = [];
  let wake: () => void = () => undefined;
  worker.on('message', (message: Played) => {
    played.push(message);
    wake();
  });
  worker.on('error', (error) => {
    failed.push(error);
    wake();
  });
  const ended = once(worker, 'exit').then(() => wake());
  try {
    for (;;) {
      if (failed.length > 0) throw failed[0];
      const next = played.shift();
      if (next !== undefined) yield next;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    await worker.terminate();
    await ended;
  }
}

import { Worker } from 'node:worker_threads';
import { systemClock } from '../../src/runtime/clock.js';

/** What a worker is told; `fed` counts inputs, so that one that hangs is noticed. */
export interface Order {
  readonly target: string;
  readonly inputs: number;
  readonly seed: number;
  readonly fed: Int32Array<SharedArrayBuffer>;
}

/** What became of a target. `heapMb`: the most that was in use after any thousand inputs. */
export interface Outcome {
  readonly fed: number;
  readonly heapMb: number;
  readonly fault: string | undefined;
}

/** How long one input may take. */
const HANG_MS = 10_000;

/** What a target may need, far above what its inputs are: beyond it a worker ends. */
const HEAP_MB = 256;

/** Feeds a target in a thread of its own, which ends at the first fault, at a hang, or when memory grows without bound. */
export async function feed(order: Omit<Order, 'fed'>): Promise<Outcome> {
  const fed = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('worker.js', import.meta.url), {
    workerData: { ...order, fed } satisfies Order,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  const ended = new AbortController();
  const said = new Promise<Pick<Outcome, 'fault' | 'heapMb'>>((resolve) => {
    worker.once('message', resolve);
    worker.once('error', (error: Error) => resolve({ fault: String(error), heapMb: HEAP_MB }));
  });
  const outcome = await Promise.race([said, watch(fed, ended.signal)]);
  ended.abort();
  await worker.terminate();
  return { fed: Atomics.load(fed, 0), ...outcome };
}

async function watch(fed: Int32Array, signal: AbortSignal): Promise<Pick<Outcome, 'fault' | 'heapMb'>> {
  for (let before = -1; ;) {
    const now = Atomics.load(fed, 0);
    if (now === before) return { fault: `input ${now} takes more than ${HANG_MS} ms`, heapMb: Number.NaN };
    before = now;
    await systemClock.sleep(HANG_MS, { signal }).catch(() => undefined);
    if (signal.aborted) return { fault: undefined, heapMb: Number.NaN };
  }
}

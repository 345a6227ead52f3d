import { systemClock } from '../src/runtime/clock.js';
import { startProgram } from '../tests/support/process.js';
import type { Ended } from '../tests/support/process.js';
import { peakRssMibOf } from './cloud/processes.js';

export interface Measured extends Ended {
  readonly tookMs: number;
  /** The most memory that it held at any time, in MiB. */
  readonly peakRssMib: number;
}

/** How often it is asked for its greatest size: what it takes in its last moments is not seen. */
const LOOK_MS = 100;

/** Runs the program with these words to its end, as a process of its own. Linux alone tells its size. */
export async function runMeasured(words: readonly string[]): Promise<Measured> {
  const startMs = systemClock.monotonicMs();
  const program = startProgram(words);
  const done = new AbortController();
  let peakRssMib = 0;
  const watching = watch(done.signal, () => (peakRssMib = Math.max(peakRssMib, peakRssMibOf(program.pid))));
  const ended = await program.ended;
  done.abort();
  await watching;
  return { ...ended, tookMs: systemClock.monotonicMs() - startMs, peakRssMib };
}

async function watch(signal: AbortSignal, look: () => void): Promise<void> {
  while (!signal.aborted) {
    look();
    await systemClock.sleep(LOOK_MS, { signal }).catch(() => undefined);
  }
}

import type { Clock } from '../../runtime/clock.js';
import type { Scene } from './plot.js';

export interface Schedule {
  readonly clock: Clock;
  readonly durationMs: number;
  /** Scenes per second. */
  readonly rate: number;
}

/**
 * Has one scene after the other played, each at its time and none before the one of the same VM has ended. How many
 * there are does not depend on how fast they are played.
 *
 * Resolves when all have ended. @throws the signal's reason when it is aborted, or what a scene throws.
 */
export async function direct(
  scenes: Iterable<Scene>,
  { clock, durationMs, rate }: Schedule,
  play: (scene: Scene, signal: AbortSignal) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const cast = new Performance(play, signal);
  const startMs = clock.monotonicMs();
  let number = 0;
  for (const scene of scenes) {
    const atMs = (number++ * 1000) / rate;
    if (atMs >= durationMs || cast.stopped.aborted) break;
    await waitUntil(startMs + atMs, clock, cast.stopped);
    cast.add(scene);
  }
  await cast.end();
}

/** Late scenes are caught up with; in between, everything else has its turn. */
async function waitUntil(atMs: number, clock: Clock, signal: AbortSignal): Promise<void> {
  const leftMs = atMs - clock.monotonicMs();
  if (leftMs <= 0) return clock.turn();
  await clock.sleep(leftMs, { signal }).catch(() => undefined);
}

/** Scenes that are under way: those of one VM one by one, until one fails. */
class Performance {
  readonly stopped: AbortSignal;
  readonly #play: (scene: Scene, signal: AbortSignal) => Promise<void>;
  readonly #failed = new AbortController();
  /** The newest scene of each VM. */
  readonly #running = new Map<number, Promise<void>>();

  constructor(play: (scene: Scene, signal: AbortSignal) => Promise<void>, signal: AbortSignal) {
    this.#play = play;
    this.stopped = AbortSignal.any([signal, this.#failed.signal]);
  }

  add(scene: Scene): void {
    if (this.stopped.aborted) return;
    const before = this.#running.get(scene.vm) ?? Promise.resolve();
    const done = before.then(() => this.#playOne(scene));
    this.#running.set(scene.vm, done);
    void done.then(() => {
      if (this.#running.get(scene.vm) === done) this.#running.delete(scene.vm);
    });
  }

  async end(): Promise<void> {
    await Promise.all(this.#running.values());
    this.stopped.throwIfAborted();
  }

  async #playOne(scene: Scene): Promise<void> {
    if (this.stopped.aborted) return;
    try {
      await this.#play(scene, this.stopped);
    } catch (error) {
      this.#failed.abort(error);
    }
  }
}

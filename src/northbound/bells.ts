import type { Doorbell } from '../runtime/doorbell.js';

/** The doorbells that ring in this process, by listener. */
export class Bells {
  readonly #bells = new Map<string, Set<Doorbell>>();

  /** Lets `bell` ring whenever there may be something new for that listener. Returns how to end it. */
  listen(listener: string, bell: Doorbell): () => void {
    const bells = this.#bells.get(listener) ?? new Set();
    this.#bells.set(listener, bells.add(bell));
    return () => {
      bells.delete(bell);
      if (bells.size === 0) this.#bells.delete(listener);
    };
  }

  ring(listener: string): void {
    this.#bells.get(listener)?.forEach((bell) => bell.ring());
  }

  /** For any listener. */
  ringAll(): void {
    for (const listener of this.#bells.keys()) this.ring(listener);
  }
}

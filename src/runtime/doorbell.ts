/**
 * Wakes all who wait: a ring that comes while nobody waits is kept for the next, and several rings are one.
 *
 * What rings says nothing but "look again"; what is there to be seen stands elsewhere, and who shares a bell looks there
 * before it waits.
 */
export class Doorbell {
  #rung = false;
  readonly #waiters = new Set<() => void>();

  ring(): void {
    this.#rung = true;
    for (const wake of this.#waiters) wake();
  }

  /** Resolves at the next ring, or at once when it rang since the last wait. @throws the signal's reason. */
  async wait({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    signal.throwIfAborted();
    if (!this.#rung) {
      let wake = (): void => undefined;
      await new Promise<void>((resolve, reject) => {
        const giveUp = (): void => reject(signal.reason as Error);
        signal.addEventListener('abort', giveUp, { once: true });
        wake = () => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        };
        this.#waiters.add(wake);
      }).finally(() => this.#waiters.delete(wake));
    }
    this.#rung = false;
  }
}

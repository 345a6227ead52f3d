/**
 * Wakes one waiter: a ring that comes while nobody waits is kept, and several rings are one.
 *
 * What rings says nothing but "look again"; what is there to be seen stands elsewhere.
 */
export class Doorbell {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Resolves at the next ring, or at once when it rang since the last wait. @throws the signal's reason. */
  async wait({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    signal.throwIfAborted();
    if (!this.#rung) {
      await new Promise<void>((resolve, reject) => {
        const giveUp = (): void => reject(signal.reason as Error);
        signal.addEventListener('abort', giveUp, { once: true });
        this.#wake = () => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        };
      }).finally(() => (this.#wake = undefined));
    }
    this.#rung = false;
  }
}

/**
 * What one registration has heard of its topic. Rings and answers come over one connection, in the order in which Redis gave
 * them: where an answer left nothing, and no ring came behind it, nothing waits.
 */
export class Inbox {
  #pointers: readonly Buffer[] = [];
  /** Whether there may be more than what was heard of. */
  #isStale = true;

  /** Whether something waits, as far as was heard. */
  get knowsMore(): boolean {
    return this.#pointers.length > 0;
  }

  /** Whether asking may tell of more than that. */
  get mayKnowMore(): boolean {
    return this.#isStale;
  }

  /** Notes a ring, with the pointers to what waits, where it names them. */
  rung(news: string): void {
    this.#isStale = true;
    if (this.#pointers.length === 0 && news !== '')
      this.#pointers = news.split('\n').map((pointer) => Buffer.from(pointer));
  }

  /** Takes the pointers to what is known to wait, of which some may lead to nothing by now. What rings from here on is newer. */
  take(most: number): readonly Buffer[] {
    const taken = this.#pointers.slice(0, most);
    this.#pointers = [];
    this.#isStale = false;
    return taken;
  }

  /** Notes what was left waiting, oldest first, when what had been taken was given. */
  left(pointers: readonly Buffer[]): void {
    if (pointers.length > 0) this.#pointers = pointers;
  }

  /** Forgets all: an answer was lost, or the connection. */
  forget(): void {
    this.#pointers = [];
    this.#isStale = true;
  }
}

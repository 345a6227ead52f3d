interface Closable {
  close(): Promise<unknown>;
}

/**
 * What was opened and has to be closed, however the work ends: `await using opened = new Opened()`.
 *
 * Closes in reverse order, each once, also where closing another fails; the first failure is then thrown.
 */
export class Opened {
  readonly #items: Closable[] = [];

  add<T extends Closable>(item: T): T {
    this.#items.push(item);
    return item;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (const item of this.#items.splice(0).reverse()) {
      await item.close().catch((error: unknown) => failures.push(error));
    }
    if (failures.length > 0) throw failures[0];
  }
}

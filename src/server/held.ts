import { keyOf } from '../domain/report.js';
import type { ReportKey } from '../domain/report.js';

/** More than these stay pending all the same: they are given again to the next registration. */
const MOST = 1000;

/** Reports that can never be written and that the quarantine had no room for, each until a newer one arrives or it is tried again. */
export class Held<Item extends ReportKey> {
  readonly #items = new Map<string, Item>();

  hold(items: readonly Item[]): void {
    for (const item of items.slice(0, MOST - this.#items.size)) this.#items.set(keyOf(item), item);
  }

  forget(item: ReportKey): void {
    this.#items.delete(keyOf(item));
  }

  takeAll(): readonly Item[] {
    const all = [...this.#items.values()];
    this.#items.clear();
    return all;
  }
}

import type { Ending } from './tally.js';
import { tell } from './view.js';

/** How many lines are kept for a live view. */
const KEPT = 100;

/** What has happened so far, in lines, and how much is under way. */
export class Story {
  readonly #say: ((line: string) => void) | undefined;
  readonly #lines: string[] = [];
  #underWay = 0;

  /** @param say takes each line at once, where somebody reads along. */
  constructor(say: ((line: string) => void) | undefined) {
    this.#say = say;
  }

  /** The newest lines, the newest last. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  get underWay(): number {
    return this.#underWay;
  }

  begin(): void {
    this.#underWay += 1;
  }

  end(ending: Ending): void {
    this.#underWay -= 1;
    this.tell(tell(ending));
  }

  tell(line: string): void {
    this.#say?.(line);
    this.#lines.push(line);
    if (this.#lines.length > KEPT) this.#lines.shift();
  }
}

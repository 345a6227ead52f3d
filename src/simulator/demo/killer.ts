import type { Clock } from '../../runtime/clock.js';
import type { Random } from '../../runtime/random.js';
import type { Crew } from './crew.js';
import type { Topics } from './topics.js';

/** Kills servers with SIGKILL: those that are live, and never the last of several. */
export class Killer {
  readonly #crew: Crew;
  readonly #topics: Topics;
  readonly #random: Random;
  readonly #say: (line: string) => void;

  constructor(crew: Crew, topics: Topics, random: Random, say: (line: string) => void) {
    this.#crew = crew;
    this.#topics = topics;
    this.#random = random;
    this.#say = say;
  }

  /** Kills one that is drawn; nobody where too few live. */
  async killOne(): Promise<void> {
    const live = this.#topics.live.filter((server) => this.#crew.isRunning(server));
    const mayDie = live.length > 1 || this.#crew.size === 1 ? live : [];
    const victim = mayDie[Math.floor(this.#random.next() * mayDie.length)];
    if (victim === undefined) return;
    this.#say(`server ${victim} is killed`);
    await this.#crew.kill(victim);
  }

  /** Kills one every so often, until the signal says stop. */
  async killEvery(ms: number, clock: Clock, signal: AbortSignal): Promise<void> {
    for (;;) {
      await clock.sleep(ms, { signal });
      await this.killOne();
    }
  }
}

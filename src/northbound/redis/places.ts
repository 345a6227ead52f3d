import { unavailable } from '../refusals.js';
import type { RedisDatabase } from './database.js';
import { ENGINE } from './faults.js';
import { NOBODY } from './layout.js';
import type { Keys } from './layout.js';
import { textOf } from './replies.js';
import type { Script } from './script.js';
import type { Argument, Reply } from './session.js';

/** What a script is given: KEYS after meta and listeners, ARGV after the origin. */
export interface Call {
  readonly keys: readonly Argument[];
  readonly args: readonly Argument[];
}

/** How often one call may find that a listener joined meanwhile. */
const MOST_ATTEMPTS = 10;

/**
 * The places whose topics a script has to be given, because it may put something there: every registered listener's. Kept
 * from call to call; a script that finds another registered does nothing but name them all.
 */
export class Places {
  #listeners: readonly string[] = [];

  /** Runs a script that `build` gives the topics of these places to; NOBODY is one of them. */
  async run(
    { run }: Pick<RedisDatabase, 'run'>,
    script: Script,
    build: (places: readonly string[]) => Call,
  ): Promise<readonly Reply[]> {
    for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
      const { keys, args } = build([NOBODY, ...this.#listeners]);
      const answer = await run(script, keys, args);
      if (textOf(answer[0]) !== 'listeners') return answer;
      this.#listeners = answer.slice(1).map(textOf);
    }
    throw unavailable(ENGINE, 'listeners join faster than they can be counted');
  }
}

/** The KEYS of these places' topics, as `readTopics` of script.ts reads them. */
export function topicKeys(keys: Keys, places: readonly string[]): readonly string[] {
  return places.flatMap((place) => [keys.topic(place), keys.given(place)]);
}

/** And their ARGV. */
export function topicArgs(places: readonly string[]): readonly string[] {
  return [String(places.length)];
}

import type { Random } from '../../runtime/random.js';
import type { RedisDatabase } from './database.js';
import type { Keys } from './layout.js';
import type { Places } from './places.js';

/** What a verb works with. */
export interface RedisStore extends Pick<RedisDatabase, 'run' | 'send'> {
  readonly keys: Keys;
  readonly random: Random;
  readonly places: Places;
}

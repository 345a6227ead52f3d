import type { Remains } from '../remains.js';
import { parseRedisUrl } from './address.js';
import { RedisDatabase } from './database.js';
import { Doorbells } from './doorbells.js';
import { Keys, LAYOUT, NOBODY } from './layout.js';
import { otherLayout } from './meta.js';
import { topicKeys } from './places.js';
import type { RedisNorthboundOptions } from './redis-northbound.js';
import { listOf, numberOf, textOf } from './replies.js';

/** Keys that are removed in one command. */
const CHUNK = 1000;

/** The keys of a namespace that there may be, found by its own lists: those of each list are removed before it. */
interface Inventory {
  readonly chassis: readonly string[];
  readonly topics: readonly string[];
  /** Whether `meta`, which goes last, is there. */
  readonly hasMeta: boolean;
}

/** @throws {PortStatusError} LAYOUT when it is another version's; UNAVAILABLE, RIGHTS. */
export async function remainsInRedis(url: string, options: RedisNorthboundOptions): Promise<Remains> {
  const keys = new Keys(options.namespace);
  const use = async <T>(work: (database: RedisDatabase) => Promise<T>): Promise<T> => {
    const database = new RedisDatabase(parseRedisUrl(url), keys, new Doorbells(keys), {
      ...options,
      isReadOnly: true,
    });
    return work(database).finally(() => database.close());
  };
  const { endpoint, inventory } = await use(async (database) => ({
    endpoint: database.endpoint,
    inventory: await takeInventory(database, keys),
  }));
  const { chassis, topics, hasMeta } = inventory;
  const count = `${chassis.length} chassis, ${topics.length} listeners`;
  const isEmpty = !hasMeta && chassis.length + topics.length === 0;
  return {
    hasData: hasMeta,
    traces: isEmpty ? [] : [`the keys {${options.namespace}}:… of Redis at ${endpoint} (${count})`],
    destroy: () => use(async (database) => remove(database, keys, await takeInventory(database, keys))),
  };
}

async function takeInventory(database: RedisDatabase, keys: Keys): Promise<Inventory> {
  const [origin, chassis, topics, listeners, unassigned] = await database.send([
    ['HGET', keys.meta(), 'origin'],
    ['SMEMBERS', keys.allChassis()],
    ['SMEMBERS', keys.topics()],
    ['HKEYS', keys.listeners()],
    ['EXISTS', keys.topic(NOBODY)],
  ]);
  const found = textOf(origin);
  if (found !== '' && found.split('/')[0] !== String(LAYOUT)) throw otherLayout(keys, found);
  const places = new Set([...listOf(topics), ...listOf(listeners)].map(textOf));
  if (numberOf(unassigned) > 0) places.add(NOBODY);
  return { chassis: listOf(chassis).map(textOf), topics: [...places], hasMeta: found !== '' };
}

/** A crash half-way leaves lists that lead to all that is left. */
async function remove(database: RedisDatabase, keys: Keys, { chassis, topics }: Inventory): Promise<void> {
  const all = [
    ...chassis.flatMap((name) => [keys.reports(name), keys.chassis(name)]),
    ...topicKeys(keys, topics),
    keys.allChassis(),
    keys.topics(),
    keys.listeners(),
    keys.meta(),
  ];
  for (let first = 0; first < all.length; first += CHUNK)
    await database.send([['UNLINK', ...all.slice(first, first + CHUNK)]]);
}

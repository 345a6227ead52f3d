import type { Remains } from '../remains.js';
import { parseAddress } from './address.js';
import { EtcdDatabase } from './database.js';
import type { EtcdNorthboundOptions } from './etcd-northbound.js';
import { translateRefusal } from './faults.js';
import { Gateway } from './gateway.js';
import { foreignKeys, readMeta } from './meta.js';
import { at, endOf, remove, under } from './operations.js';
import type { Write } from './operations.js';

/** @throws {PortStatusError} LAYOUT when what stands there is not ours; UNAVAILABLE, RIGHTS, CONFIG. */
export async function remainsInEtcd(url: string, options: EtcdNorthboundOptions): Promise<Remains> {
  const address = parseAddress(url);
  const use = async <T>(work: (database: EtcdDatabase) => Promise<T>): Promise<T> => {
    const gateway = new Gateway(address, options);
    try {
      return await work(new EtcdDatabase(gateway, options));
    } catch (error) {
      throw translateRefusal(error);
    } finally {
      await gateway.close();
    }
  };
  const count = await use(countKeys);
  const members = address.endpoints.map((endpoint) => new URL(endpoint).host).join(', ');
  return {
    hasData: count > 0,
    traces: count === 0 ? [] : [`the ${count} keys /${options.namespace}/… of etcd at ${members}`],
    destroy: () => use(removeAll),
  };
}

async function countKeys(database: EtcdDatabase): Promise<number> {
  const { keys } = database;
  const asked = [at(keys.meta), under(keys.root, { wanted: 'count' })];
  const { answers } = await database.range(asked, NEVER);
  const [meta, all] = answers;
  if (readMeta(database, meta?.kvs[0]) === undefined && (all?.count ?? 0) > 0) throw foreignKeys(database);
  return all?.count ?? 0;
}

/** `meta` last: where it is, what is left is ours. */
async function removeAll(database: EtcdDatabase): Promise<void> {
  const { root, meta } = database.keys;
  if ((await countKeys(database)) === 0) return;
  const others: readonly Write[] = [
    { kind: 'delete', key: root, end: meta },
    { kind: 'delete', key: `${meta}\0`, end: endOf(root) },
  ];
  for (const then of [...others, remove(meta)]) await database.transact({ when: [], then: [then] }, NEVER);
}

const NEVER = new AbortController().signal;

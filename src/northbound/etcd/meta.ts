import { PortStatusError } from '../../domain/errors.js';
import { unavailable } from '../refusals.js';
import type { EtcdDatabase } from './database.js';
import { ENGINE, isDenied } from './faults.js';
import { decodeMeta, LAYOUT } from './layout.js';
import type { MetaRecord } from './layout.js';
import { put, removeUnder, unchanged } from './operations.js';
import type { KeyValue } from './operations.js';
import type { Meta } from './vigil.js';

/** @throws {PortStatusError} LAYOUT when the data is of another version, or not ours. */
export function readMeta(database: EtcdDatabase, found: KeyValue | undefined): Meta | undefined {
  if (found === undefined) return undefined;
  const meta = decodeMeta(found.value);
  if (meta?.layout === LAYOUT) return { ...meta, text: found.value };
  throw foreignKeys(database);
}

export function foreignKeys({ keys }: EtcdDatabase): PortStatusError {
  return new PortStatusError(
    'LAYOUT',
    `northbound database (${ENGINE}): the keys under ${keys.root} do not have layout ${LAYOUT}; choose another northbound.namespace, or the program's version that wrote them`,
  );
}

/**
 * Begins a new incarnation, unless somebody else has done it since `found` was read. The ttl of a listener that was
 * restored with the data starts again by itself, as its lease does.
 *
 * @throws {PortStatusError} UNAVAILABLE where this user may not: a server does it.
 */
export async function renewIncarnation(
  database: EtcdDatabase,
  found: KeyValue | undefined,
  clusterId: string,
  why: string,
  signal: AbortSignal,
): Promise<void> {
  const { keys, options } = database;
  const meta: MetaRecord = { layout: LAYOUT, incarnation: options.random.id(), origin: clusterId };
  const then = [put(keys.meta, JSON.stringify(meta)), removeUnder(keys.doubts)];
  try {
    await database.transact({ when: [unchanged(keys.meta, found)], then }, signal);
  } catch (error) {
    if (!isDenied(error)) throw error;
    throw unavailable(ENGINE, `${why}, and this user may not begin a new incarnation; a server does`, error);
  }
}

import type { ReportKey } from '../../domain/report.js';
import type { Page, StoredReport } from '../northbound.js';
import { encodeName } from './layout.js';
import { parseRecord, toStored } from './record.js';
import type { RecordFields } from './record.js';
import { listOf, textOf } from './replies.js';
import type { RedisStore } from './store.js';

/**
 * One page of a chassis' records in the order of their port ids. Each page reads the ids of all of them, which Redis keeps in
 * no order: 36 bytes each.
 */
export async function listReports(
  store: RedisStore,
  chassis: string,
  { after, limit }: Page,
): Promise<readonly StoredReport[]> {
  const [ports] = await store.send([['HKEYS', store.keys.reports(encodeName(chassis))]]);
  const page = listOf(ports)
    .map(textOf)
    .filter((port) => after === undefined || port > after)
    .sort()
    .slice(0, limit);
  return lookUpReports(
    store,
    page.map((portId) => ({ chassis, portId })),
  );
}

/** Those of the named records that exist, in the order of the names. */
export async function lookUpReports(
  store: RedisStore,
  keys: readonly ReportKey[],
): Promise<readonly StoredReport[]> {
  return (await readRecords(store, keys)).map(toStored);
}

/** The same as they are written. One command per chassis, all in one round trip. */
export async function readRecords(
  { send, keys }: Pick<RedisStore, 'send' | 'keys'>,
  wanted: readonly ReportKey[],
): Promise<readonly RecordFields[]> {
  const ports = new Map<string, string[]>();
  for (const { chassis, portId } of wanted) ports.set(chassis, [...(ports.get(chassis) ?? []), portId]);
  const groups = [...ports];
  const replies = await send(
    groups.map(([chassis, ids]) => ['HMGET', keys.reports(encodeName(chassis)), ...ids]),
  );
  const texts = groups.map(([, ids], index) => {
    const found = listOf(replies[index]);
    return new Map(ids.map((id, position) => [id, textOf(found[position])]));
  });
  const byChassis = new Map(groups.map(([chassis], index) => [chassis, texts[index]]));
  return wanted.flatMap(
    ({ chassis, portId }) => parseRecord(chassis, portId, byChassis.get(chassis)?.get(portId) ?? '') ?? [],
  );
}

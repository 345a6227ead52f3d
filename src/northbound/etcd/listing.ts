import type { ReportKey } from '../../domain/report.js';
import type { Page, StoredReport } from '../northbound.js';
import { parsePlace } from '../place.js';
import { decodeReport } from './layout.js';
import { endOf } from './operations.js';
import { readRecords } from './records.js';
import type { Found } from './records.js';
import type { Session } from './session.js';

/** One page of a chassis' records in the order of their port ids. */
export async function listReports(
  session: Session,
  chassis: string,
  { after, limit }: Page,
): Promise<readonly StoredReport[]> {
  const all = session.keys.reports(chassis);
  const key = after === undefined ? all : `${all}${after}\0`;
  const { answers } = await session.read({ key, end: endOf(all), limit });
  const found = (answers[0]?.kvs ?? []).map((stored) => {
    const portId = stored.key.slice(all.length);
    return { key: { chassis, portId }, stored, record: decodeReport(stored.value) };
  });
  return found.flatMap(toStored);
}

/** Those of the named records that exist, in the order of the names. */
export async function lookUpReports(
  session: Session,
  keys: readonly ReportKey[],
): Promise<readonly StoredReport[]> {
  return (await readRecords(session, keys)).found.flatMap(toStored);
}

function toStored({ key, record }: Found): readonly StoredReport[] {
  if (record === undefined) return [];
  const { revision, version, isDown, body, incarnation, place, pendingSince } = record;
  return [{ ...key, revision, version, isDown, body, incarnation, ...parsePlace(place, pendingSince) }];
}

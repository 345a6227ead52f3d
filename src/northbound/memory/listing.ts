import type { ReportKey } from '../../domain/report.js';
import type { Page, StoredReport } from '../northbound.js';
import { parsePlace } from '../place.js';
import type { MemoryDatabase } from './database.js';
import type { ReportRecord } from './state.js';

/** One page of a chassis' records in the order of their port ids. */
export function listReports(
  { state }: MemoryDatabase,
  chassis: string,
  { after, limit }: Page,
): readonly StoredReport[] {
  const reports = state.chassis.get(chassis)?.reports ?? new Map<string, ReportRecord>();
  return [...reports.values()]
    .filter(({ envelope }) => after === undefined || envelope.portId > after)
    .sort((a, b) => (a.envelope.portId < b.envelope.portId ? -1 : 1))
    .slice(0, limit)
    .map(toStored);
}

/** Those of the named records that exist, in the order of the names. */
export function lookUpReports(
  { state }: MemoryDatabase,
  keys: readonly ReportKey[],
): readonly StoredReport[] {
  return keys
    .map(({ chassis, portId }) => state.chassis.get(chassis)?.reports.get(portId))
    .filter((record) => record !== undefined)
    .map(toStored);
}

function toStored({ envelope, incarnation, place, pendingSince }: ReportRecord): StoredReport {
  return { ...envelope, incarnation, ...parsePlace(place, pendingSince) };
}

import type { ReportKey } from '../../domain/report.js';
import type { Page, StoredReport } from '../northbound.js';
import { parsePlace } from '../place.js';
import type { Session } from './session.js';

interface ReportRow {
  readonly chassis: string;
  readonly port: string;
  readonly revision: number;
  readonly version: number;
  readonly is_down: 0 | 1;
  readonly body: string;
  readonly incarnation: string;
  readonly place: string | null;
  readonly pending_since: number;
}

const COLUMNS = 'chassis, port, revision, version, is_down, body, incarnation, place, pending_since';

/** One page of a chassis' records in the order of their port ids. */
export function listReports(
  session: Session,
  chassis: string,
  { after, limit }: Page,
): readonly StoredReport[] {
  return session
    .rows<ReportRow>(
      `SELECT ${COLUMNS} FROM reports WHERE chassis = ? AND port > ? ORDER BY port LIMIT ?`,
      chassis,
      after ?? '',
      limit,
    )
    .map(toStored);
}

/** Those of the named records that exist, in the order of the names. */
export function lookUpReports(session: Session, keys: readonly ReportKey[]): readonly StoredReport[] {
  return session
    .rows<ReportRow>(
      `SELECT ${COLUMNS} FROM json_each(?) AS wanted CROSS JOIN reports
       WHERE chassis = wanted.value ->> 0 AND port = wanted.value ->> 1 ORDER BY wanted.key`,
      JSON.stringify(keys.map(({ chassis, portId }) => [chassis, portId])),
    )
    .map(toStored);
}

function toStored({ port: portId, is_down, place, pending_since, ...same }: ReportRow): StoredReport {
  return { ...same, portId, isDown: is_down === 1, ...parsePlace(place ?? undefined, pending_since) };
}

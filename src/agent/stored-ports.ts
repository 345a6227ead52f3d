import { decodeReport } from '../domain/wire.js';
import type { Northbound, StoredReport } from '../northbound/northbound.js';
import type { Connection } from './connection.js';
import type { Observation } from './outbasket.js';

/** Records per page. */
const PAGE = 500;

/** Everything that the northbound database has of a chassis, as if the switch had said it. */
export async function listStored(
  chassis: string,
  northbound: Northbound,
  connection: Connection,
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly Observation[]> {
  const ports: Observation[] = [];
  for (let after: string | undefined; ; after = ports.at(-1)?.portId) {
    const page = { after, limit: PAGE };
    const read = (): ReturnType<Northbound['reports']> => northbound.reports(chassis, page, { signal });
    const records = await connection.untilAnswered(read, { signal });
    ports.push(...records.map(toObservation));
    if (records.length < PAGE) return ports;
  }
}

/** A record that we cannot read (a newer agent wrote it) is taken by what its envelope says. */
function toObservation(record: StoredReport): Observation {
  const decoded = decodeReport(record);
  if (decoded.kind === 'report') return decoded.report;
  const { portId, isDown } = record;
  return { portId, status: isDown ? 'DOWN' : 'ACTIVE', attachment: UNKNOWN_ATTACHMENT, observedAt: 0 };
}

/** Stands where the attachment of a stored report can not be read; no switch gives it to an interface. */
const UNKNOWN_ATTACHMENT = 'unknown';

import { recallReport } from '../domain/wire.js';
import type { Northbound } from '../northbound/northbound.js';
import type { Connection } from './connection.js';
import type { Observation } from './outbasket.js';

/** Records per page. */
const PAGE = 500;

export interface StoredPortsParts {
  readonly chassis: string;
  readonly northbound: Northbound;
  readonly connection: Pick<Connection, 'untilAnswered'>;
  /** The greatest wire version that this program reads. */
  readonly wireGreatest: number;
}

/** What is stored of a port, since which incarnation, and in which wire version. */
export interface StoredPort extends Observation {
  readonly incarnation: string;
  readonly version: number;
}

/** Everything that the northbound database has of a chassis, as if the switch had said it. */
export async function listStored(
  { chassis, northbound, connection, wireGreatest }: StoredPortsParts,
  { signal }: { readonly signal: AbortSignal },
): Promise<readonly StoredPort[]> {
  const ports: StoredPort[] = [];
  for (let after: string | undefined; ; after = ports.at(-1)?.portId) {
    const page = { after, limit: PAGE };
    const read = (): ReturnType<Northbound['reports']> => northbound.reports(chassis, page, { signal });
    const records = await connection.untilAnswered(read, { signal });
    ports.push(
      ...records.map((record) => ({
        ...recallReport(record, wireGreatest),
        incarnation: record.incarnation,
        version: record.version,
      })),
    );
    if (records.length < PAGE) return ports;
  }
}

import { keyOf } from '../domain/report.js';
import { isNewer } from '../domain/revision.js';
import type { Case, SweptRow } from '../neutron/neutron.js';
import type { ChassisView, Northbound } from '../northbound/northbound.js';

/** What is now, as somebody sees it who looks for what is gone. */
export interface Present {
  /** The northbound data's present incarnation, and its number in the ledger. */
  readonly incarnation: string;
  readonly epoch: number;
  /** Milliseconds since 1970, for people. */
  readonly now: number;
}

/**
 * What a chassis no longer has, each as a DOWN to judge: a ledger row that is not DOWN, older than the full resync of its
 * chassis in the present incarnation, and of which that chassis has no record. A chassis that is not complete says
 * nothing.
 *
 * The data may be lost after it was asked what is complete and before it is asked what is there: so it is asked last whether
 * they are still the same.
 */
export async function findGone(
  northbound: Pick<Northbound, 'chassis' | 'lookUp' | 'incarnation'>,
  rows: readonly SweptRow[],
  present: Present,
  signal: AbortSignal,
): Promise<readonly Case[]> {
  const names = [...new Set(rows.map(({ chassis }) => chassis))].sort();
  const views = await northbound.chassis(names, { signal });
  const complete = completeIn(views, present.incarnation);
  const older = rows.filter((row) => maySayGone(row, present.epoch, complete.get(row.chassis)));
  if (older.length === 0) return [];
  const stored = new Set((await northbound.lookUp(older, { signal })).map(keyOf));
  const gone = older.filter((row) => !stored.has(keyOf(row)));
  if (gone.length === 0 || (await northbound.incarnation({ signal })) !== present.incarnation) return [];
  return gone.map((row) => asDown(row, complete.get(row.chassis) ?? 0, present));
}

function completeIn(views: readonly ChassisView[], incarnation: string): ReadonlyMap<string, number> {
  return new Map(
    views.flatMap(({ chassis, complete }) =>
      complete?.incarnation === incarnation ? [[chassis, complete.revision] as const] : [],
    ),
  );
}

function maySayGone(row: SweptRow, epoch: number, revision: number | undefined): boolean {
  return row.status !== 'DOWN' && revision !== undefined && isNewer({ epoch, revision }, row);
}

function asDown(
  { portId, chassis, attachment }: SweptRow,
  revision: number,
  { incarnation, now }: Present,
): Case {
  const report = { portId, chassis, attachment, revision, status: 'DOWN', observedAt: now } as const;
  return { portId, chassis, arrival: { report, incarnation } };
}

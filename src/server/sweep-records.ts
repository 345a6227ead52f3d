import { decodeReport } from '../domain/wire.js';
import { isInShare } from '../domain/share.js';
import type { Share } from '../domain/share.js';
import type { Case } from '../neutron/neutron.js';
import type { StoredReport } from '../northbound/northbound.js';
import { judgeNews } from './look-again.js';
import type { Portions } from './pace.js';
import { persist } from './persist.js';
import type { Session } from './session.js';
import { setAside } from './set-aside.js';
import { storedPages } from './stored-pages.js';

/**
 * Judges what the northbound database holds and the ledger does not know: the Neutron database may have been rolled
 * back after the report was acknowledged, and the chassis has nothing new to say. What is pending is left to the server
 * in whose topic it waits, and put back there if its entry is gone.
 */
export async function sweepRecords(
  session: Session,
  share: Share,
  { pace, limit }: Portions,
  signal: AbortSignal,
): Promise<void> {
  const { northbound, options, rush } = session;
  const views = await persist(session, 'northbound', signal, () => northbound.chassis(undefined, { signal }));
  let gathered: readonly Acknowledged[] = [];
  let read = limit;
  for (const { chassis } of views.filter((view) => isInShare(share, view.chassis))) {
    if (read >= limit) {
      await rush.letPass(signal);
      read = 0;
    }
    for await (const page of storedPages(session, chassis, limit, signal)) {
      read += page.length;
      await putBack(session, page, signal);
      await pace.spend(page.length, signal);
      gathered = [...gathered, ...page.flatMap((stored) => toAcknowledged(stored, options.wireGreatest))];
      if (gathered.length < limit) continue;
      await judgeRecords(session, gathered, signal);
      gathered = [];
    }
  }
  await judgeRecords(session, gathered, signal);
}

interface Acknowledged {
  readonly stored: StoredReport;
  readonly one: Case;
}

/** What can never be written and is not in quarantine any more is put there again. */
async function judgeRecords(
  session: Session,
  records: readonly Acknowledged[],
  signal: AbortSignal,
): Promise<void> {
  const cases = records.map(({ one }) => one);
  const { poisoned } = await judgeNews(session, cases, 'sweep', signal);
  const reasons = new Map(poisoned.map(({ one, reason }) => [one, reason]));
  const bad = records.flatMap(({ stored, one }) => {
    const reason = reasons.get(one);
    return reason === undefined ? [] : [{ report: stored, reason }];
  });
  await setAside(session, bad, signal);
}

async function putBack(session: Session, page: readonly StoredReport[], signal: AbortSignal): Promise<void> {
  const pending = page.filter(({ place }) => place !== undefined);
  if (pending.length === 0) return;
  const { northbound, metrics } = session;
  const count = await persist(session, 'northbound', signal, () => northbound.putBack(pending, { signal }));
  metrics.putBack.inc(count);
}

function toAcknowledged(stored: StoredReport, wireGreatest: number): readonly Acknowledged[] {
  const one = caseOf(stored, wireGreatest);
  return one === undefined ? [] : [{ stored, one }];
}

/** What an acknowledged record says; undefined where it is pending still, or no report that we read. */
export function caseOf(stored: StoredReport, wireGreatest: number): Case | undefined {
  const { portId, chassis, incarnation, place } = stored;
  if (place !== undefined) return undefined;
  const decoded = decodeReport(stored, wireGreatest);
  if (decoded.kind !== 'report') return undefined;
  return { portId, chassis, arrival: { report: decoded.report, incarnation } };
}

import { decodeReport } from '../domain/wire.js';
import type { Case } from '../neutron/neutron.js';
import type { StoredReport } from '../northbound/northbound.js';
import { judgeNews } from './look-again.js';
import { persist } from './persist.js';
import type { Session } from './session.js';

const PAGE = 1000;

/**
 * Judges what the northbound database holds and the ledger does not know: the Neutron database may have been rolled
 * back after the report was acknowledged, and the chassis has nothing new to say. What is pending is left to the server
 * in whose topic it waits, and put back there if its entry is gone.
 */
export async function sweepRecords(session: Session, signal: AbortSignal): Promise<void> {
  const { northbound, neutron, judging } = session;
  await persist(session, 'neutron', signal, () => neutron.epochOf(judging.incarnation));
  const views = await persist(session, 'northbound', signal, () => northbound.chassis(undefined, { signal }));
  let gathered: readonly Case[] = [];
  for (const { chassis } of views) {
    for await (const page of pagesOf(session, chassis, signal)) {
      await putBack(session, page, signal);
      gathered = [...gathered, ...page.flatMap(toCase)];
      if (gathered.length < PAGE) continue;
      await judgeNews(session, gathered, 'sweep', signal);
      gathered = [];
    }
  }
  await judgeNews(session, gathered, 'sweep', signal);
}

async function* pagesOf(
  session: Session,
  chassis: string,
  signal: AbortSignal,
): AsyncGenerator<readonly StoredReport[]> {
  for (let after: string | undefined, more = true; more;) {
    const page = await persist(session, 'northbound', signal, () =>
      session.northbound.reports(chassis, { after, limit: PAGE }, { signal }),
    );
    yield page;
    after = page.at(-1)?.portId;
    more = page.length === PAGE;
  }
}

async function putBack(session: Session, page: readonly StoredReport[], signal: AbortSignal): Promise<void> {
  const pending = page.filter(({ place }) => place !== undefined);
  if (pending.length === 0) return;
  const { northbound, member, metrics } = session;
  const count = await persist(session, 'northbound', signal, () =>
    northbound.putBack(member, pending, { signal }),
  );
  metrics.putBack.inc(count);
}

function toCase(record: StoredReport): readonly Case[] {
  const { portId, chassis, incarnation, place } = record;
  if (place !== undefined) return [];
  const decoded = decodeReport(record);
  return decoded.kind === 'report'
    ? [{ portId, chassis, arrival: { report: decoded.report, incarnation } }]
    : [];
}

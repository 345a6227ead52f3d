import type { StoredReport } from '../../northbound/northbound.js';
import { Pace } from '../../server/pace.js';
import { pagesOf } from '../../server/stored-pages.js';
import { caseOf } from '../../server/sweep-records.js';
import { findingOf, lostEntryOf } from './finding.js';
import type { Finding } from './finding.js';
import type { Look } from './look-at-ledger.js';
import { keysOfPort } from './scope.js';
import type { Scope } from './scope.js';
import { lookingAtAll, PAGE } from './sources.js';
import type { Sources } from './sources.js';

/**
 * Reads the northbound records chassis by chassis: pending ones whose entry is gone from its topic, and acknowledged ones
 * that are newer than the ledger.
 */
export async function* lookAtRecords(
  sources: Sources,
  scope: Scope,
  signal: AbortSignal,
): AsyncGenerator<Look> {
  const pace = new Pace(sources.clock, sources.rate, PAGE);
  let gathered: readonly StoredReport[] = [];
  for await (const page of readRecords(sources, scope, signal)) {
    gathered = [...gathered, ...page];
    if (gathered.length >= PAGE) {
      yield await lookAtThem(sources, gathered, signal);
      gathered = [];
    }
    await pace.spend(page.length, signal);
  }
  yield await lookAtThem(sources, gathered, signal);
}

async function* readRecords(
  sources: Sources,
  { portId, chassis }: Scope,
  signal: AbortSignal,
): AsyncGenerator<readonly StoredReport[]> {
  const { northbound } = sources;
  if (portId !== undefined) {
    yield await northbound.lookUp(await keysOfPort(sources, { portId, chassis }, signal), { signal });
    return;
  }
  const views = await northbound.chassis(chassis === undefined ? undefined : [chassis], { signal });
  for (const view of views)
    yield* pagesOf(PAGE, (page) => northbound.reports(view.chassis, page, { signal }));
}

async function lookAtThem(
  sources: Sources,
  records: readonly StoredReport[],
  signal: AbortSignal,
): Promise<Look> {
  const pending = records.filter(({ place }) => place !== undefined);
  const lost = await sources.northbound.findLost(pending, { signal });
  return {
    read: records.length,
    findings: [...lost.map(lostEntryOf), ...(await findNewer(sources, records))],
  };
}

/** What is in quarantine is passed over, as servers do: it can never be written. */
async function findNewer(
  { neutron, judging, wireGreatest, isNumbered }: Sources,
  records: readonly StoredReport[],
): Promise<readonly Finding[]> {
  const cases = records.flatMap((stored) => caseOf(stored, wireGreatest) ?? []);
  if (cases.length === 0 || !isNumbered) return [];
  const news = await neutron.withoutQuarantined(await neutron.preview(cases, lookingAtAll(judging)));
  const foreseen = await neutron.foresee(news, judging);
  return foreseen.flatMap((one) => findingOf(one) ?? []);
}

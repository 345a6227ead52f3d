import { keyOf } from '../../domain/report.js';
import type { SweptPage, SweptRow } from '../../neutron/neutron.js';
import { findGone } from '../../server/gone.js';
import { Pace } from '../../server/pace.js';
import { debtOf, findingOf } from './finding.js';
import type { Finding } from './finding.js';
import type { Scope } from './scope.js';
import { lookingAtAll, PAGE } from './sources.js';
import type { Sources } from './sources.js';

/** What one page showed. */
export interface Look {
  readonly read: number;
  readonly findings: readonly Finding[];
}

/**
 * Reads the ledger page by page: what of it Neutron does not agree with, what a complete chassis no longer has, and what
 * Nova is owed.
 */
export async function* lookAtLedger(
  sources: Sources,
  { portId, chassis }: Scope,
  signal: AbortSignal,
): AsyncGenerator<Look> {
  const { neutron, judging, clock, rate } = sources;
  const pace = new Pace(clock, rate, PAGE);
  let after = portId === undefined ? undefined : { portId, chassis: '' };
  for (let more = true; more;) {
    const page = await neutron.sweep({ after, until: portId, chassis, limit: PAGE }, lookingAtAll(judging));
    yield { read: page.rows.length, findings: await lookAtPage(sources, page, signal) };
    after = page.rows.at(-1);
    more = page.rows.length === PAGE;
    await pace.spend(page.rows.length, signal);
  }
}

async function lookAtPage(
  sources: Sources,
  { rows, disagreeing }: SweptPage,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { neutron, judging } = sources;
  const gone = await findGoneOf(sources, rows, signal);
  const goneKeys = new Set(gone.map(keyOf));
  const others = disagreeing.filter((key) => !goneKeys.has(keyOf(key)));
  const foreseen = await neutron.foresee([...gone, ...others], judging);
  const owing = rows.filter(({ owedNo, toldNo }) => owedNo > toldNo);
  return [
    ...(await withoutPending(
      sources,
      foreseen.flatMap((one) => findingOf(one) ?? []),
      signal,
    )),
    ...(await neutron.debts(owing)).map(debtOf),
  ];
}

/** An incarnation that no server has joined yet proves nothing gone: the first that joins it will see to that. */
async function findGoneOf(
  { northbound, judging, clock, isNumbered }: Sources,
  rows: readonly SweptRow[],
  signal: AbortSignal,
): ReturnType<typeof findGone> {
  const up = rows.filter(({ status }) => status !== 'DOWN');
  if (up.length === 0 || !isNumbered) return [];
  const { incarnation, epoch } = judging;
  return findGone(northbound, up, { incarnation, epoch, now: clock.now() }, signal);
}

/** Leaves out what a newer report is about to be judged of: mending by the older one could turn the port twice. */
async function withoutPending(
  { northbound }: Sources,
  findings: readonly Finding[],
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  if (findings.length === 0) return [];
  const stored = await northbound.lookUp(findings, { signal });
  const pending = new Set(stored.filter(({ place }) => place !== undefined).map(keyOf));
  return findings.filter((finding) => !pending.has(keyOf(finding)));
}

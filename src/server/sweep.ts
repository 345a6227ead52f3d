import type { ReportKey } from '../domain/report.js';
import { portsOfShare } from '../domain/share.js';
import type { Share } from '../domain/share.js';
import type { SweptRow } from '../neutron/neutron.js';
import { findGone } from './gone.js';
import { judgeAgain, judgeNews } from './look-again.js';
import { evenRate, Pace, portionAt } from './pace.js';
import type { Portions } from './pace.js';
import { persist } from './persist.js';
import type { Session } from './session.js';
import { takeShare } from './share-of-sweep.js';
import { sweepRecords } from './sweep-records.js';

/** A sweep takes so much of the time until the next: the rest is for what there is more than at the last. */
const SPREAD = 0.8;

/**
 * Walks over the ledger every `reconcileEveryMs` and judges again what no longer agrees with Neutron: nothing tells us
 * when Neutron rebinds a port or flips its admin state. Then walks over the northbound records (sweep-records.ts).
 * Each server walks over its share alone, evenly over that time, so that boots hardly notice; only the first sweep, which
 * may have much to mend, goes as fast as it may. In a rush of arrivals it goes slowly.
 */
export async function sweepLedger(session: Session, signal: AbortSignal): Promise<void> {
  const { clock, options } = session;
  const { reconcileEveryMs: everyMs } = options;
  for (let rate = options.reconcileRate; ;) {
    const nextMs = clock.monotonicMs() + everyMs;
    await checkHeads(session, signal);
    await persist(session, 'neutron', signal, () => session.neutron.emptyQuarantine());
    const share = await takeShare(session, signal);
    const limit = portionAt(rate);
    const pace = new Pace(clock, rate, limit);
    await sweepRows(session, share, { pace, limit }, signal);
    await sweepRecords(session, share, { pace, limit }, signal);
    rate = evenRate(pace.spent, SPREAD * everyMs, options.reconcileRate);
    await clock.sleep(Math.max(0, nextMs - clock.monotonicMs()), { signal });
  }
}

/** When Neutron's own migrations ran meanwhile, the columns are checked again before anything else is written. */
async function checkHeads(session: Session, signal: AbortSignal): Promise<void> {
  const { neutron, health, options } = session;
  await persist(session, 'neutron', signal, async () => {
    const heads = await neutron.heads();
    if (health.heads !== undefined && heads !== health.heads) {
      noteMigration(session, heads);
      await neutron.check({ willWrite: options.willWrite });
    }
    health.heads = heads;
    health.isMigrated = false;
  });
}

function noteMigration({ health, logger }: Session, heads: string): void {
  if (health.isMigrated) return;
  health.isMigrated = true;
  logger.warn(
    { event: 'neutron.migrated', before: health.heads, heads },
    "Neutron's tables were migrated; nothing is written until they are checked again",
  );
}

async function sweepRows(
  session: Session,
  share: Share,
  { pace, limit }: Portions,
  signal: AbortSignal,
): Promise<void> {
  const { neutron, judging, metrics, rush } = session;
  const { after: first, until } = portsOfShare(share);
  let after: ReportKey | undefined = first === undefined ? undefined : { portId: first, chassis: '' };
  for (let more = true; more;) {
    await rush.letPass(signal);
    const page = await persist(session, 'neutron', signal, () =>
      neutron.sweep({ after, until, limit }, judging),
    );
    metrics.swept.inc(page.rows.length);
    await judgeAgain(session, page.disagreeing, 'sweep', signal);
    await judgeGone(session, page.rows, signal);
    after = page.rows.at(-1);
    more = page.rows.length === limit;
    await pace.spend(page.rows.length, signal);
  }
}

/** Judges as DOWN what a chassis no longer has (gone.ts). */
async function judgeGone(session: Session, rows: readonly SweptRow[], signal: AbortSignal): Promise<void> {
  const up = rows.filter(({ status }) => status !== 'DOWN');
  if (up.length === 0) return;
  const { northbound, judging, clock, logger } = session;
  const { incarnation, epoch } = judging;
  const present = { incarnation, epoch, now: clock.now() };
  const gone = await persist(session, 'northbound', signal, () => findGone(northbound, up, present, signal));
  const { poisoned } = await judgeNews(session, gone, 'sweep', signal);
  for (const { one, reason } of poisoned) {
    const { portId, chassis } = one;
    logger.warn({ event: 'gone.unwritable', portId, chassis, reason }, 'a DOWN can never be written');
  }
}

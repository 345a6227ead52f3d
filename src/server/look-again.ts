import { keyOf } from '../domain/report.js';
import type { ReportKey } from '../domain/report.js';
import type { Case, Outcome } from '../neutron/neutron.js';
import { within } from './batch-trace.js';
import { judgeCases } from './judge-cases.js';
import type { Isolated, Occasion } from './judge-cases.js';
import type { Group } from './looks.js';
import { persist } from './persist.js';
import type { Session } from './session.js';

/** Looks again at what this server judged a moment ago, step by step. */
export async function lookAgainSoon(session: Session, signal: AbortSignal): Promise<void> {
  const { looks, clock } = session;
  for (;;) {
    const due = await looks.next(clock, signal);
    const outcomes = await judgeGroups(session, due, signal);
    const final = new Set(outcomes.filter(({ isWaiting }) => !isWaiting).map(keyOf));
    const nowMs = clock.monotonicMs();
    for (const { keys, step, trace } of due) {
      const waiting = keys.filter((key) => !final.has(keyOf(key)));
      looks.schedule(waiting, nowMs, { step: step + 1, trace });
    }
  }
}

/** Those whose batch is traced go back to it: the word that Nova hears may come of this look. */
async function judgeGroups(
  session: Session,
  due: readonly Group[],
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  const keys = distinct(due.flatMap((group) => group.keys));
  const links = session.tracer && due.flatMap(({ trace }) => trace ?? []);
  using span = links?.length ? session.tracer?.begin('look', { links }) : undefined;
  return await judgeAgain(within(session, span), keys, 'look', signal);
}

function distinct(keys: readonly ReportKey[]): readonly ReportKey[] {
  return [...new Map(keys.map((key) => [keyOf(key), key])).values()];
}

/** Ledger rows are due after seconds: asking for them more often than this finds none sooner. */
const MOST_POLL_MS = 1000;

/** Looks again at whatever the ledger says is due, whoever judged it before. */
export async function lookAgainWhenDue(session: Session, signal: AbortSignal): Promise<void> {
  const { neutron, clock, options } = session;
  for (;;) {
    await clock.sleep(Math.min(MOST_POLL_MS, options.lookEveryMs), { signal });
    const take = (): Promise<readonly ReportKey[]> => neutron.takeDue(options.batch, options.lookEveryMs);
    let due = await persist(session, 'neutron', signal, take);
    while (due.length > 0) {
      await judgeAgain(session, due, 'look', signal);
      due = due.length < options.batch ? [] : await persist(session, 'neutron', signal, take);
    }
  }
}

/** Judges ledger rows again where that would change anything. */
export async function judgeAgain(
  session: Session,
  keys: readonly ReportKey[],
  occasion: Occasion,
  signal: AbortSignal,
): Promise<readonly Outcome[]> {
  session.metrics.looks.inc({ occasion }, keys.length);
  return (await judgeNews(session, keys, occasion, signal)).outcomes;
}

/**
 * Judges those cases that would change anything: a look first, locks only for what differs. What is in quarantine is
 * passed over; it never got into the ledger, so it would be judged again and again.
 */
export async function judgeNews(
  session: Session,
  cases: readonly Case[],
  occasion: Occasion,
  signal: AbortSignal,
): Promise<Isolated> {
  const { neutron, judging, options } = session;
  const outcomes: Outcome[] = [];
  const poisoned: Isolated['poisoned'][number][] = [];
  for (let start = 0; start < cases.length; start += options.batch) {
    const page = cases.slice(start, start + options.batch);
    const news = await persist(session, 'neutron', signal, async () =>
      neutron.withoutQuarantined(await neutron.preview(page, judging)),
    );
    const judged = await judgeCases(session, news, occasion, signal);
    outcomes.push(...judged.outcomes);
    poisoned.push(...judged.poisoned);
  }
  return { outcomes, poisoned };
}

import { hasCode } from '../domain/errors.js';
import type { Case, ClaimedDebt, Judged, Outcome } from '../neutron/neutron.js';
import { traced } from './batch-trace.js';
import { persist } from './persist.js';
import type { Session } from './session.js';

/** What made a case be judged, as metrics name it. */
export type Occasion = 'arrival' | 'look' | 'sweep';

type Committed = Judged & { readonly kind: 'committed' };

export interface Isolated {
  readonly outcomes: readonly Outcome[];
  /** Cases that can never be written, each with the reason. */
  readonly poisoned: readonly { readonly one: Case; readonly reason: string }[];
}

/** How often it is asked whether writing may go on, while it is paused. */
const PAUSE_LOOK_MS = 1000;

/**
 * Judges cases in one transaction, however often it has to be tried, and sets going what follows from the verdicts.
 *
 * Only an error of the data isolates a case: the batch is halved until it stands alone. Any other error is an outage,
 * which is waited out.
 */
export async function judgeCases(
  session: Session,
  cases: readonly Case[],
  occasion: Occasion,
  signal: AbortSignal,
): Promise<Isolated> {
  if (cases.length === 0) return { outcomes: [], poisoned: [] };
  try {
    const committed = await commit(session, cases, signal);
    follow(session, committed, occasion);
    return { outcomes: committed.outcomes, poisoned: [] };
  } catch (error) {
    if (!hasCode(error, 'DATA')) throw error;
    const [one, ...others] = cases;
    if (one === undefined || others.length === 0)
      return { outcomes: [], poisoned: asPoison(one, error.message) };
    return judgeHalves(session, cases, occasion, signal);
  }
}

async function judgeHalves(
  session: Session,
  cases: readonly Case[],
  occasion: Occasion,
  signal: AbortSignal,
): Promise<Isolated> {
  const middle = Math.ceil(cases.length / 2);
  const left = await judgeCases(session, cases.slice(0, middle), occasion, signal);
  const right = await judgeCases(session, cases.slice(middle), occasion, signal);
  return { outcomes: [...left.outcomes, ...right.outcomes], poisoned: [...left.poisoned, ...right.poisoned] };
}

function asPoison(one: Case | undefined, reason: string): Isolated['poisoned'] {
  return one === undefined ? [] : [{ one, reason }];
}

async function commit(session: Session, cases: readonly Case[], signal: AbortSignal): Promise<Committed> {
  for (;;) {
    const judged = await judgeUnlessMigrated(session, cases, signal);
    if (judged.kind === 'committed') return judged;
    await session.clock.sleep(PAUSE_LOOK_MS, { signal });
  }
}

/** Paused, by an operator or because Neutron's tables were migrated and may no longer be what we know. */
async function judgeUnlessMigrated(
  session: Session,
  cases: readonly Case[],
  signal: AbortSignal,
): Promise<Judged> {
  if (session.health.isMigrated) return { kind: 'paused' };
  const judged = await persist(session, 'neutron', signal, () =>
    traced(session, 'judge', () => judgeTimed(session, cases)),
  );
  notePause(session, judged.kind === 'paused');
  return judged;
}

async function judgeTimed(session: Session, cases: readonly Case[]): Promise<Judged> {
  const { clock, metrics } = session;
  const startMs = clock.monotonicMs();
  const judged = await judgeAndClaim(session, cases);
  metrics.applySeconds.observe((clock.monotonicMs() - startMs) / 1000);
  return judged;
}

/** Claims what becomes owed, while whoever tells Nova keeps up. */
async function judgeAndClaim(session: Session, cases: readonly Case[]): Promise<Judged> {
  const { neutron, nova, judging, words, random, member, clock, span, options } = session;
  if (nova === undefined || words.isFull) return neutron.judge(cases, judging);
  const nonce = words.begin(random);
  let claimed: readonly ClaimedDebt[] = [];
  try {
    const { generation, ttlMs: dueAfterMs } = member;
    const { leastOfCall } = options;
    const judged = await neutron.judge(cases, judging, { generation, nonce, dueAfterMs, leastOfCall });
    if (judged.kind === 'committed') ({ claimed } = judged);
    return judged;
  } finally {
    words.add(nonce, claimed, clock.monotonicMs(), span?.context);
  }
}

function notePause({ health, logger, metrics }: Session, isPaused: boolean): void {
  if (health.paused === isPaused) return;
  health.paused = isPaused;
  metrics.paused.set(Number(isPaused));
  const next = isPaused
    ? 'an operator has paused all writing; "port-status resume" ends it'
    : 'writing goes on';
  logger.warn({ event: isPaused ? 'writing.paused' : 'writing.resumed' }, next);
}

/** Counts the verdicts, and rings for what is to be looked at again and what Nova is owed. */
function follow(
  { metrics, looks, debts, clock, span }: Session,
  { outcomes, claimed }: Committed,
  occasion: Occasion,
): void {
  for (const [verdict, count] of countedBy(outcomes, ({ verdict }) => verdict))
    metrics.judged.inc({ verdict, occasion }, count);
  for (const [status, count] of countedBy(outcomes, ({ wrote }) => wrote))
    metrics.written.inc({ status }, count);
  if (occasion === 'arrival')
    looks.schedule(waiting(outcomes), clock.monotonicMs(), { trace: span?.context });
  if (outcomes.filter(({ owes }) => owes).length > claimed.length) debts.ring();
}

function waiting(outcomes: readonly Outcome[]): readonly Outcome[] {
  return outcomes.filter(({ isWaiting }) => isWaiting);
}

/** How many of the outcomes have each name; those without one are left out. */
function countedBy<Name extends string>(
  outcomes: readonly Outcome[],
  name: (outcome: Outcome) => Name | undefined,
): ReadonlyMap<Name, number> {
  const counts = new Map<Name, number>();
  for (const outcome of outcomes) {
    const own = name(outcome);
    if (own !== undefined) counts.set(own, (counts.get(own) ?? 0) + 1);
  }
  return counts;
}

import { afterAnswer, countAttempt, externalEvent } from '../domain/debt.js';
import type { Answer, ExternalEvent } from '../domain/debt.js';
import type { AnsweredDebt, ClaimedDebt } from '../neutron/neutron.js';
import type { Nova } from '../nova/nova.js';
import { Scope } from '../runtime/scope.js';
import { together } from '../runtime/together.js';
import { traced, within } from './batch-trace.js';
import type { ClaimedBatch } from './claimed-words.js';
import { showDependency } from './health.js';
import { persist } from './persist.js';
import type { Session } from './session.js';
import { noteSinceSwitch } from './since-switch.js';

/** Most debts that are claimed and told at once. */
const CHUNK = 500;

/** Calls at once: while it is recorded what Nova answered to one, the next is heard. */
const TELLERS = 2;

/**
 * Tells Nova what became owed here and was claimed there and then. No port is in two hands: a claim shuts it.
 *
 * On a crash after Nova heard and before that is recorded the claim is void, and another server says it again.
 */
export function tellClaimed(session: Session, nova: Nova, signal: AbortSignal): Promise<void> {
  const teller = (stop: AbortSignal): Promise<void> => tellInTurn(session, nova, stop);
  return together(
    Array.from({ length: TELLERS }, () => teller),
    { signal },
  );
}

async function tellInTurn(session: Session, nova: Nova, signal: AbortSignal): Promise<void> {
  const { words, clock } = session;
  for (;;) {
    const batch = await words.next(CHUNK, clock, signal);
    try {
      await settle(session, nova, batch, signal);
    } finally {
      words.end(batch.nonces);
    }
  }
}

/** Tells Nova what is due: at once where something became owed here that was not claimed, and every `settleEveryMs`. */
export async function settleDue(session: Session, nova: Nova, signal: AbortSignal): Promise<void> {
  for (;;) {
    while ((await settleSome(session, nova, signal)) === CHUNK);
    await ringOrSleep(session, signal);
  }
}

async function ringOrSleep({ debts, clock, options }: Session, signal: AbortSignal): Promise<void> {
  const either = new Scope(signal);
  const ring = debts.wait(either);
  const sleep = clock.sleep(options.settleEveryMs, either);
  try {
    await Promise.race([ring, sleep]);
  } finally {
    either.end();
    await Promise.allSettled([ring, sleep]);
  }
}

/** Claims, tells and records one chunk; returns how many debts were claimed. */
async function settleSome(session: Session, nova: Nova, signal: AbortSignal): Promise<number> {
  const { words, random } = session;
  const nonce = words.begin(random);
  try {
    const claimed = await claim(session, nonce, signal);
    await settle(session, nova, { nonces: [nonce], debts: claimed, traces: [] }, signal);
    return claimed.length;
  } finally {
    words.end([nonce]);
  }
}

/** Tells and records claimed debts. */
async function settle(
  untraced: Session,
  nova: Nova,
  { nonces, debts: claimed, traces }: ClaimedBatch,
  signal: AbortSignal,
): Promise<void> {
  if (claimed.length === 0) return;
  using span = untraced.tracer?.begin('settle', {
    links: traces,
    attributes: { 'port_status.server': untraced.options.id, 'port_status.words': claimed.length },
  });
  const session = within(untraced, span);
  const { clock } = session;
  const beganMs = clock.monotonicMs();
  const answers = await tellAll(session, nova, claimed, signal);
  const [heardAt, tookMs] = [clock.now(), clock.monotonicMs() - beganMs];
  const answered = answers.map((one) => ({ ...one, afterMs: one.debt.ageMs + tookMs }));
  await traced(session, 'record', () =>
    persist(session, 'neutron', signal, () => session.neutron.recordAnswers(nonces, answered)),
  );
  count(session, answered, heardAt);
}

async function claim(session: Session, nonce: string, signal: AbortSignal): Promise<readonly ClaimedDebt[]> {
  const { neutron, member, words } = session;
  if (!(await persist(session, 'neutron', signal, () => neutron.isAnyDebtDue()))) return [];
  const lapsedGenerations = await findLapsed(session, signal);
  const { generation } = member;
  const request = { generation, nonce, executing: words.executing, lapsedGenerations };
  return persist(session, 'neutron', signal, () => neutron.claimDebts(request, CHUNK));
}

/**
 * Of those who have claims, the registrations that have lapsed. The claims are read first: while an outage lets this list
 * grow old, it names nobody who joined meanwhile. Nobody, where we are not live ourselves by that list: the data were lost,
 * or their clock was set.
 */
async function findLapsed(session: Session, signal: AbortSignal): Promise<readonly string[]> {
  const { northbound, neutron, member } = session;
  const claimers = await persist(session, 'neutron', signal, () => neutron.claimers());
  if (claimers.length === 0) return [];
  const listeners = await persist(session, 'northbound', signal, () => northbound.listeners({ signal }));
  const live = listeners.filter(({ state }) => state !== 'lapsed').map(({ generation }) => generation);
  if (!live.includes(member.generation)) return [];
  return claimers.filter((generation) => !live.includes(generation));
}

type Judged = Omit<AnsweredDebt, 'afterMs'>;

const NEEDLESS = { kind: 'dropped', why: 'needless' } as const;

/** Says the words; an "unplugged" for a port of which Nova never heard "plugged" need not be said. */
async function tellAll(
  session: Session,
  nova: Nova,
  claimed: readonly ClaimedDebt[],
  signal: AbortSignal,
): Promise<readonly Judged[]> {
  const isNeedless = ({ word, toldPlugged }: ClaimedDebt): boolean => word === 'unplugged' && !toldPlugged;
  const said = claimed.filter((debt) => !isNeedless(debt));
  const events = said.map(({ word, serverId, portId }) => externalEvent(word, serverId, portId));
  const answers = events.length === 0 ? [] : await tell(session, nova, events, signal);
  noteAnswers(session, nova, answers);
  return [
    ...claimed.filter(isNeedless).map((debt) => ({ debt, attempts: debt.attempts, settlement: NEEDLESS })),
    ...said.map((debt, index) => judgeAnswer(session, debt, answers[index])),
  ];
}

/** Hands the trace on: Nova's own spans, where it has any, are part of it. */
async function tell(
  { span }: Session,
  nova: Nova,
  events: readonly ExternalEvent[],
  signal: AbortSignal,
): Promise<readonly Answer[]> {
  using call = span?.begin('tell Nova', {
    kind: 'client',
    attributes: { 'port_status.words': events.length },
  });
  const answers = await nova.tell(events, { signal, trace: call?.context });
  if (call !== undefined && answers.some(({ kind }) => kind === 'unreachable')) call.fail('UNAVAILABLE');
  return answers;
}

function judgeAnswer({ options }: Session, debt: ClaimedDebt, answer: Answer | undefined): Judged {
  const heard = answer ?? { kind: 'unreachable', detail: 'no answer' };
  const attempts = countAttempt(heard, debt);
  const settlement = afterAnswer(heard, debt.word, attempts, debt.ageMs, options.settle);
  return { debt, attempts, settlement, answer: heard };
}

function noteAnswers(
  { health, clock, logger, metrics }: Session,
  nova: Nova,
  answers: readonly Answer[],
): void {
  if (answers.length === 0) return;
  const failed = answers.find((answer) => answer.kind === 'unreachable');
  if (failed === undefined) {
    health.answeredAtMs.set('nova', clock.monotonicMs());
    health.outages.end('nova', nova);
  } else if (health.outages.begin('nova', nova, failed.detail)) {
    logger.error(
      { event: 'nova.unreachable', why: failed.detail },
      `Nova does not hear us: ${failed.detail}`,
    );
  }
  showDependency(health, metrics, 'nova');
}

/** @param doneAt when Nova had answered, in milliseconds since 1970. */
function count(session: Session, answered: readonly AnsweredDebt[], doneAt: number): void {
  const { metrics } = session;
  for (const { debt, settlement, afterMs: ownMs } of answered) {
    if (settlement.kind === 'again') {
      metrics.novaRetries.inc();
      continue;
    }
    metrics.novaOvertaken.inc(debt.untold - 1);
    if (settlement.kind === 'dropped') metrics.novaDropped.inc({ why: settlement.why });
    else {
      metrics.novaTold.inc({ word: debt.word });
      metrics.novaLatency.observe(ownMs / 1000);
      const { observedAt } = debt;
      if (observedAt !== undefined)
        noteSinceSwitch(session, metrics.switchToNova, { observedAt, doneAt, ownMs });
    }
  }
}

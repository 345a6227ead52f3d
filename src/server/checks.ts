import type { ListenerView } from '../northbound/northbound.js';
import { ageOf, checkAnswers, fails, holds } from '../runtime/check.js';
import type { Asked, Check } from '../runtime/check.js';
import type { Reply } from '../runtime/question.js';
import type { Health, Registration } from './health.js';

/** What is known of Nova; `not-told`: nothing is said to it, because the server observes. */
export type NovaFound = Reply<unknown> | { readonly kind: 'not-told' };

/** What a server's readiness is judged by. Times are of the monotonic clock. */
export interface Facts {
  /** When the questions were put. */
  readonly askedAtMs: number;
  readonly nowMs: number;
  readonly health: Health;
  /** Whether this server is to write: else it observes. */
  readonly willWrite: boolean;
  readonly listeners: Reply<readonly ListenerView[]>;
  readonly isPaused: Reply<boolean>;
  readonly nova: NovaFound;
}

/** A report that waits for longer is late. Source: the alert PortStatusReportsWait. */
const LATE_MS = 30_000;

/** What has to hold for a server to do its work, in the order of a report's path. Documented in docs/operating/health.md. */
export function judgeReadiness(facts: Facts): readonly Check[] {
  return [
    checkNorthbound(facts),
    checkRegistration(facts),
    checkReceive(facts),
    checkBacklog(facts),
    checkNeutron(facts),
    checkWriting(facts),
    checkQuarantine(facts),
    checkNova(facts),
  ];
}

const RUNBOOK = 'see docs/operating/runbook/dependency-down.md';

function checkNorthbound(facts: Facts): Check {
  const look = 'look at the northbound database and the way to it: "port-status doctor"';
  return checkAnswers('northbound', asked(facts, 'northbound', facts.listeners), `${look}; ${RUNBOOK}`);
}

function checkNeutron(facts: Facts): Check {
  const look = 'look at Neutron\'s database and the way to it: "port-status doctor"';
  return checkAnswers('neutron', asked(facts, 'neutron', facts.isPaused), `${look}; ${RUNBOOK}`);
}

function asked(
  { askedAtMs, nowMs, health }: Facts,
  name: 'northbound' | 'neutron',
  reply: Reply<unknown>,
): Asked {
  const found = reply.kind === 'failure' ? reply.error.message : undefined;
  const failure = health.outages.why(name) ?? found;
  return { askedAtMs, nowMs, answeredAtMs: health.answeredAtMs.get(name), failure };
}

function checkRegistration({ health, listeners, askedAtMs, nowMs }: Facts): Check {
  const name = 'registration';
  const { registration } = health;
  if (registration === undefined)
    return fails(
      name,
      'not registered',
      'mend "northbound" or "neutron": it registers as soon as both let it',
    );
  const { member, sinceMs, keptAtMs, load } = registration;
  const ageMs = ageOf(keptAtMs, nowMs);
  const rejoins =
    'nothing: it registers again by itself; where that goes on, see docs/operating/runbook/server-rejoins.md';
  if (nowMs - keptAtMs > member.ttlMs)
    return fails(name, `no heartbeat got through within the ttl of ${member.ttlMs} ms`, rejoins, ageMs);
  if (load?.isDraining === true)
    return fails(name, 'told to leave by "port-status drain"', 'nothing: it ends', ageMs);
  const isAnswered = listeners.kind === 'answer' && sinceMs <= askedAtMs;
  if (isAnswered && !isListed(registration, listeners.value))
    return fails(name, 'the northbound database has another one, or none', rejoins, ageMs);
  return holds(name, 'the last heartbeat was acknowledged', ageMs);
}

function isListed({ member }: Registration, listeners: readonly ListenerView[]): boolean {
  return listeners.some(({ generation, state }) => generation === member.generation && state !== 'lapsed');
}

function checkReceive({ health, nowMs }: Facts): Check {
  const name = 'receive';
  const { registration } = health;
  if (registration === undefined) return fails(name, 'not registered', 'mend "registration"');
  const ageMs = ageOf(registration.receive.cameBackAtMs, nowMs);
  if (waitsInVain(registration))
    return fails(
      name,
      'waits for reports, and is not given those that the database says are there',
      'restart this server, so that the others take over; report it with its log',
      ageMs,
    );
  return holds(name, isWaiting(registration) ? 'waits for reports' : 'has its hands full', ageMs);
}

function isWaiting({ receive }: Registration): boolean {
  return receive.askedAtMs >= receive.cameBackAtMs;
}

/** Two moments that were read one after the other, by two clocks, are the same where they are no further apart. */
const SAME_MS = 5000;

/** Even the oldest report that waits came after this server began to wait. One that it had taken before would be older. */
function waitsInVain(registration: Registration): boolean {
  const { receive, load } = registration;
  if (load === undefined || !isWaiting(registration)) return false;
  const waitedMs = load.atMs - receive.askedAtMs;
  return load.oldestMs > LATE_MS && load.oldestMs < waitedMs - SAME_MS;
}

/** While an operator keeps all from being written, reports wait because they are to. */
function checkBacklog(facts: Facts): Check {
  const name = 'backlog';
  const { registration } = facts.health;
  const { backlog = 0, oldestMs = 0 } = registration?.load ?? {};
  if (backlog === 0) return holds(name, 'no report waits');
  const detail = `${backlog} reports wait in the topic`;
  const ageMs = Math.round(oldestMs);
  if (oldestMs <= LATE_MS || isPaused(facts)) return holds(name, detail, ageMs);
  return fails(name, detail, 'see docs/operating/runbook/reports-wait.md', ageMs);
}

/** A pause is an operator's will, and holds for all servers: it is shown, and none is less ready for it. */
function checkWriting(facts: Facts): Check {
  const name = 'writing';
  if (facts.health.isMigrated)
    return fails(
      name,
      "Neutron's tables were migrated; nothing is written before the server has checked them",
      'nothing: it goes on by itself where it knows them; else "port-status doctor" says what it does not know',
    );
  if (isPaused(facts))
    return {
      ...fails(name, 'an operator has paused all writing', '"port-status resume" ends it'),
      required: false,
    };
  return holds(name, facts.willWrite ? 'not paused' : 'observe mode: nothing is written, as configured');
}

function isPaused({ isPaused: found, health }: Facts): boolean {
  return found.kind === 'answer' ? found.value : health.paused;
}

function checkQuarantine({ health }: Facts): Check {
  const full = health.outages.why('quarantine');
  return full === undefined
    ? holds('quarantine', 'has room')
    : fails('quarantine', full, 'see docs/operating/runbook/quarantine.md');
}

/**
 * Statuses are written also while Nova does not answer, and no other server is better off: the words wait. Where Nova
 * refuses *us*, someone set this server up wrongly, and a roll-out has to stop at it.
 */
function checkNova({ nova, health, nowMs }: Facts): Check {
  const name = 'nova';
  const ageMs = ageOf(health.answeredAtMs.get(name), nowMs);
  const nextStep = `look at Nova and Keystone: "port-status doctor"; ${RUNBOOK}`;
  switch (nova.kind) {
    case 'not-told':
      return { ...holds(name, 'observe mode: nothing is said to Nova'), required: false };
    case 'answer':
      return { ...holds(name, 'answers', ageMs), required: false };
    case 'silence':
      return { ...fails(name, 'no answer in time', nextStep, ageMs), required: false };
    case 'failure': {
      const { code, message } = nova.error;
      return code === 'RIGHTS' || code === 'CONFIG'
        ? fails(name, message, 'see docs/operating/runbook/nova-refuses-us.md', ageMs)
        : { ...fails(name, message, nextStep, ageMs), required: false };
    }
  }
}

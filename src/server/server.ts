import { hasCode, PortStatusError } from '../domain/errors.js';
import { readableVersions } from '../domain/wire.js';
import type { Membership } from '../northbound/northbound.js';
import type { Check } from '../runtime/check.js';
import { Doorbell } from '../runtime/doorbell.js';
import { Scope } from '../runtime/scope.js';
import { together } from '../runtime/together.js';
import type { Task } from '../runtime/together.js';
import { adoptOrphans } from './adopt.js';
import { ClaimedWords } from './claimed-words.js';
import { watchChassis } from './dead-chassis.js';
import { dataChanged, numberOf } from './epoch.js';
import { newHealth } from './health.js';
import type { Health } from './health.js';
import { leaseTasks } from './lease.js';
import { showLedger } from './ledger-gauges.js';
import { lookAgainSoon, lookAgainWhenDue } from './look-again.js';
import { Looks } from './looks.js';
import { isOutage, persist } from './persist.js';
import { ServerReadiness } from './readiness.js';
import { receiveReports } from './receive.js';
import { Rush } from './rush.js';
import type { ProgramParts, ServerParts, Session } from './session.js';
import { settleDue, tellClaimed } from './settle.js';
import { sweepLedger } from './sweep.js';
import { watchNeutron } from './watch-neutron.js';
import { workCounter } from './work-done.js';

export interface Server {
  /**
   * Joins and works until the signal stops it or an operator drains it; then leaves, so that others take over at once.
   *
   * @throws {PortStatusError} FENCED when a later server of the same name took over.
   */
  run(signal: AbortSignal): Promise<void>;
  /** Asks those it depends on, and says within 2 s how it stands. */
  checks(): Promise<readonly Check[]>;
}

/**
 * The server beside neutron-server: it owns one topic and carries what stands there to Neutron and Nova.
 *
 * Its life: join → (receive | look again | adopt | settle | sweep | watch chassis, side by side, while heartbeats get
 * through) → leave.
 * A registration that is lost (lapsed, or the northbound data is another) ends the loops and begins anew with join. So
 * does one that is given up, because Neutron's database does not let this server work; join waits until it does.
 */
export function createServer(parts: ServerParts): Server {
  const health = newHealth();
  const program = { ...parts, countWork: workCounter(parts) };
  const readiness = new ServerReadiness(parts, health);
  showLedger(parts);
  return {
    run: async (signal) => {
      while (!signal.aborted) if ((await liveOnce(program, health, signal)) === 'drained') return;
    },
    checks: () => readiness.check(),
  };
}

/** Before a lost registration is followed by the next, so that one that is refused at once costs little. */
const REJOIN_MS = 100;

/** One registration, from join to its end. */
async function liveOnce(
  parts: ProgramParts,
  health: Health,
  signal: AbortSignal,
): Promise<'ended' | 'drained'> {
  using life = new Scope(signal);
  try {
    const session = await join(parts, health, signal, () => life.end());
    const end = await workWhileLet(session, life.signal);
    await leave(parts, session.member);
    return signal.aborted || end === 'gave-up' ? 'ended' : noteDrained(parts);
  } catch (error) {
    if (signal.aborted && error === signal.reason) return 'ended';
    if (hasCode(error, 'FENCED')) throw fenced(parts.options.id, error);
    if (!hasCode(error, 'REGISTRATION_LOST') && !isOutage(error)) throw error;
    parts.logger.warn({ event: 'listener.lost', why: error.message }, `registration lost: ${error.message}`);
    await parts.clock.sleep(REJOIN_MS, { signal }).catch(() => undefined);
    return 'ended';
  } finally {
    noteAbsence(parts, health);
  }
}

function noteAbsence({ metrics }: ServerParts, health: Health): void {
  health.registration = undefined;
  for (const gauge of [metrics.joined, metrics.backlog, metrics.oldest]) gauge.set(0);
}

/** Works until the signal stops it, or until it had better leave its share to the others. */
async function workWhileLet(session: Session, signal: AbortSignal): Promise<'stopped' | 'gave-up'> {
  try {
    await work(session, signal);
    return 'stopped';
  } catch (error) {
    if (!isOutage(error)) throw error;
    session.logger.error(
      { event: 'listener.gave-up', why: error.message },
      `${error.message}; the other servers take over, and it joins again when it can work`,
    );
    return 'gave-up';
  }
}

function noteDrained({ logger, options }: ServerParts): 'drained' {
  logger.warn({ event: 'listener.drained', id: options.id }, 'told to leave by "port-status drain"; ending');
  return 'drained';
}

/** Waits no longer than the ttl: then the registration has lapsed by itself. */
async function leave({ northbound, clock }: ServerParts, member: Membership): Promise<void> {
  const done = new AbortController();
  try {
    await Promise.race([northbound.leave(member), clock.sleep(member.ttlMs, { signal: done.signal })]);
  } finally {
    done.abort();
  }
}

/**
 * Registers when Neutron's database lets it work, and gives the incarnation its number in the ledger before anything of
 * it is received.
 */
async function join(
  parts: ProgramParts,
  health: Health,
  signal: AbortSignal,
  endLife: () => void,
): Promise<Session> {
  const { northbound, neutron, clock, options, logger, metrics } = parts;
  const waiting = { ...parts, health };
  const { id, lease, program, wireGreatest } = options;
  const identity = { id, ttlMs: lease.ttlMs, versions: readableVersions(wireGreatest), program };
  await persist(waiting, 'neutron', signal, () => neutron.check({ willWrite: options.willWrite }));
  const incarnation = await persist(waiting, 'northbound', signal, () => northbound.incarnation({ signal }));
  const epoch = await numberOf(waiting, incarnation, signal);
  const { member, sentAtMs } = await persist(waiting, 'northbound', signal, async () => {
    const sentAtMs = clock.monotonicMs();
    return { member: await northbound.join(identity, { signal }), sentAtMs };
  });
  if (member.incarnation !== incarnation) throw dataChanged();
  logger.info({ event: 'listener.joined', id: member.id, generation: member.generation }, 'joined');
  metrics.joins.inc();
  metrics.joined.set(1);
  const receive = { askedAtMs: sentAtMs, cameBackAtMs: sentAtMs };
  health.registration = { member, sinceMs: clock.monotonicMs(), keptAtMs: sentAtMs, receive };
  return openSession(parts, health, { member, joinSentAtMs: sentAtMs, endLife }, epoch);
}

function openSession(
  parts: ProgramParts,
  health: Health,
  life: Pick<Session, 'member' | 'joinSentAtMs' | 'endLife'>,
  epoch: number,
): Session {
  const { id, policy, mayWrite, lookEveryMs } = parts.options;
  const judging = { server: id, policy, mayWrite, lookEveryMs, incarnation: life.member.incarnation, epoch };
  return {
    ...parts,
    ...life,
    judging,
    health,
    looks: new Looks(),
    rush: new Rush(parts.clock),
    words: new ClaimedWords(),
    debts: new Doorbell(),
  };
}

function work(session: Session, signal: AbortSignal): Promise<void> {
  const { nova, options } = session;
  const { silence } = options;
  const settle: readonly Task[] =
    nova === undefined
      ? []
      : [(stop) => tellClaimed(session, nova, stop), (stop) => settleDue(session, nova, stop)];
  const watch: readonly Task[] =
    silence === undefined ? [] : [(stop) => watchChassis(session, silence, stop)];
  const tasks: readonly Task[] = [
    ...leaseTasks(session),
    (stop) => receiveReports(session, stop),
    (stop) => lookAgainSoon(session, stop),
    (stop) => lookAgainWhenDue(session, stop),
    (stop) => adoptOrphans(session, stop),
    (stop) => sweepLedger(session, stop),
    (stop) => watchNeutron(session, stop),
    ...settle,
    ...watch,
  ];
  return together(tasks, { signal });
}

function fenced(id: string, cause: unknown): PortStatusError {
  return new PortStatusError(
    'FENCED',
    `a later server named "${id}" has taken over; give each server a listener.id of its own`,
    { cause },
  );
}

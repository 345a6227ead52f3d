import { decodeReport } from '../domain/wire.js';
import type { Case } from '../neutron/neutron.js';
import type { Delivery } from '../northbound/northbound.js';
import { together } from '../runtime/together.js';
import type { Span, Tracer } from '../runtime/tracer.js';
import { noteVerdicts, traced, tracesOf, within } from './batch-trace.js';
import { Held } from './held.js';
import { judgeCases } from './judge-cases.js';
import { Lanes } from './lanes.js';
import { persist } from './persist.js';
import type { Session } from './session.js';
import { endFullQuarantine, setAside } from './set-aside.js';
import type { Poison } from './set-aside.js';
import { noteSinceSwitch } from './since-switch.js';

/** Transactions that judge what arrives, side by side, at the most. A port is never in two of them, so that none waits for another. */
const LANES = 3;

/** So many that wait for a lane are a rush. */
const RUSH = 100;

/**
 * Receives, judges and acknowledges: while a transaction runs the next batch gathers, so that batches have the size that
 * the load gives them and an idle system waits for nothing.
 *
 * A crash before the commit leaves the reports pending; one after it has them delivered again, which changes nothing.
 */
export async function receiveReports(session: Session, signal: AbortSignal): Promise<void> {
  const desk: Desk = { lanes: new Lanes(LANES, roomOf(session)), held: new Held() };
  const work = async (stop: AbortSignal): Promise<void> => {
    for (;;) {
      using batch = await desk.lanes.take(session.options.batch, stop);
      noteRush(session, desk);
      desk.held.hold(await handleBatch(session, batch.items, stop));
    }
  };
  await together(
    [
      (stop) => deal(session, desk, stop),
      (stop) => retryHeld(session, desk, stop),
      ...Array.from({ length: LANES }, () => work),
    ],
    { signal },
  );
}

interface Desk {
  readonly lanes: Lanes<Received>;
  /** What is neither written nor set aside, and stays pending. */
  readonly held: Held<Received>;
}

/** Receives for all lanes, no more than they have room for. */
async function deal(session: Session, desk: Desk, signal: AbortSignal): Promise<void> {
  const { lanes, held } = desk;
  const { northbound, member, metrics, clock } = session;
  for (;;) {
    await lanes.untilRoom(signal);
    noteReceive(session, 'askedAtMs');
    const deliveries = await persist(session, 'northbound', signal, () =>
      northbound.receive(member, { max: roomOf(session), signal }),
    );
    noteReceive(session, 'cameBackAtMs');
    metrics.received.inc(deliveries.length);
    const receivedAtMs = clock.monotonicMs();
    for (const delivery of deliveries) {
      held.forget(delivery);
      lanes.put({ ...delivery, receivedAtMs });
    }
    noteRush(session, desk);
  }
}

function noteReceive({ health, clock }: Session, what: 'askedAtMs' | 'cameBackAtMs'): void {
  if (health.registration !== undefined) health.registration.receive[what] = clock.monotonicMs();
}

function noteRush({ rush }: Session, { lanes }: Desk): void {
  if (lanes.waiting >= RUSH) rush.note();
}

/** Has what is held judged again, from time to time: somebody may have made room in the quarantine, or mended the cause. */
async function retryHeld(session: Session, { lanes, held }: Desk, signal: AbortSignal): Promise<void> {
  const { clock, options } = session;
  try {
    for (;;) {
      await clock.sleep(options.reconcileEveryMs, { signal });
      for (const item of held.takeAll()) lanes.putUnlessNewer(item);
    }
  } finally {
    endFullQuarantine(session); // the next registration finds out anew
  }
}

/** A batch for each lane. */
function roomOf({ options }: Session): number {
  return LANES * options.batch;
}

interface Received extends Delivery {
  /** By the monotonic clock. */
  readonly receivedAtMs: number;
}

/** @returns what could neither be written nor set aside. */
async function handleBatch(
  session: Session,
  deliveries: readonly Received[],
  signal: AbortSignal,
): Promise<readonly Received[]> {
  const decoded = decodeAll(deliveries, session.options.wireGreatest);
  session.metrics.unreadable.inc(decoded.newer);
  using span = session.tracer && beginBatch(session, session.tracer, decoded.readable);
  return await handleDecoded(within(session, span), decoded, signal);
}

async function handleDecoded(
  session: Session,
  { readable, malformed }: Decoded,
  signal: AbortSignal,
): Promise<readonly Received[]> {
  const { outcomes, poisoned } = await judgeCases(session, [...readable.keys()], 'arrival', signal);
  if (session.span !== undefined) noteVerdicts(session.span, outcomes);
  const bad = [...malformed, ...poisoned.flatMap(({ one, reason }) => poison(readable.get(one), reason))];
  for (const { one } of poisoned) readable.delete(one);
  noteLatencies(session, readable);
  await acknowledge(session, [...readable.values()], signal);
  return isolate(session, bad, signal);
}

/** The trace of a batch, since the first of it was received; undefined where it is not drawn. */
function beginBatch({ options }: Session, tracer: Tracer, readable: Decoded['readable']): Span | undefined {
  const [first] = readable.values();
  return tracer.begin('batch', {
    kind: 'consumer',
    links: tracesOf(readable.keys()),
    startMs: first?.receivedAtMs,
    attributes: { 'port_status.server': options.id, 'port_status.reports': readable.size },
  });
}

/** To the commit: from publication, what they waited for us and what we took; and from the switch. */
function noteLatencies(session: Session, judged: Decoded['readable']): void {
  const { metrics, clock } = session;
  const [doneAt, nowMs] = [clock.now(), clock.monotonicMs()];
  for (const [{ arrival }, { waitedMs, receivedAtMs }] of judged) {
    const ownMs = waitedMs + nowMs - receivedAtMs;
    metrics.commitLatency.observe(ownMs / 1000);
    if (arrival === undefined) continue;
    const { observedAt } = arrival.report;
    noteSinceSwitch(session, metrics.switchToCommit, { observedAt, doneAt, ownMs });
  }
}

function poison(report: Received | undefined, reason: string): readonly Poison<Received>[] {
  return report === undefined ? [] : [{ report, reason }];
}

interface Decoded {
  /** What is to be judged, with what it was received as. */
  readonly readable: Map<Case, Received>;
  readonly malformed: readonly Poison<Received>[];
  /** Reports of a wire version that we do not read: they stay pending for a server that does. */
  readonly newer: number;
}

function decodeAll(deliveries: readonly Received[], wireGreatest: number): Decoded {
  const readable = new Map<Case, Received>();
  const malformed: Poison<Received>[] = [];
  for (const delivery of deliveries) {
    const decoded = decodeReport(delivery, wireGreatest);
    const { portId, chassis, incarnation } = delivery;
    if (decoded.kind === 'report')
      readable.set({ portId, chassis, arrival: { report: decoded.report, incarnation } }, delivery);
    if (decoded.kind === 'malformed') malformed.push({ report: delivery, reason: decoded.reason });
  }
  return { readable, malformed, newer: deliveries.length - readable.size - malformed.length };
}

async function acknowledge(
  session: Session,
  deliveries: readonly Delivery[],
  signal: AbortSignal,
): Promise<void> {
  if (deliveries.length === 0) return;
  const { northbound, member } = session;
  await traced(session, 'acknowledge', () =>
    persist(session, 'northbound', signal, () => northbound.acknowledge(member, deliveries, { signal })),
  );
}

/**
 * Puts reports that can never be written into quarantine, then acknowledges them: nothing accepted is lost.
 *
 * @returns them where the quarantine has no room.
 */
async function isolate(
  session: Session,
  bad: readonly Poison<Received>[],
  signal: AbortSignal,
): Promise<readonly Received[]> {
  const reports = bad.map(({ report }) => report);
  if (!(await setAside(session, bad, signal))) return reports;
  await acknowledge(session, reports, signal);
  return [];
}

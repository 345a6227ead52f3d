import { keyOf } from '../domain/report.js';
import { decodeReport } from '../domain/wire.js';
import type { Case } from '../neutron/neutron.js';
import type { Delivery } from '../northbound/northbound.js';
import { judgeCases } from './judge-cases.js';
import { persist } from './persist.js';
import type { Session } from './session.js';
import { setAside } from './set-aside.js';
import type { Poison } from './set-aside.js';

/**
 * Receives, judges and acknowledges, batch after batch: while one transaction runs the next batch gathers in the topic,
 * so that batches have the size that the load gives them and an idle system waits for nothing.
 *
 * A crash before the commit leaves the reports pending; one after it has them delivered again, which changes nothing.
 */
export async function receiveReports(session: Session, signal: AbortSignal): Promise<void> {
  const { northbound, member, options, metrics, clock } = session;
  for (;;) {
    const deliveries = await persist(session, 'northbound', signal, () =>
      northbound.receive(member, { max: options.batch, signal }),
    );
    metrics.received.inc(deliveries.length);
    await handleBatch(session, { deliveries, receivedAtMs: clock.monotonicMs() }, signal);
  }
}

interface Batch {
  readonly deliveries: readonly Delivery[];
  readonly receivedAtMs: number;
}

async function handleBatch(session: Session, batch: Batch, signal: AbortSignal): Promise<void> {
  const { deliveries } = batch;
  const { cases, malformed, newer } = decodeAll(deliveries, session.options.wireGreatest);
  session.metrics.unreadable.inc(newer);
  const { poisoned } = await judgeCases(session, cases, 'arrival', signal);
  const originals = new Map(deliveries.map((delivery) => [keyOf(delivery), delivery]));
  const bad: readonly Poison<Delivery>[] = [
    ...malformed,
    ...poisoned.flatMap(({ one, reason }) => withDelivery(originals.get(keyOf(one)), reason)),
  ];
  const badKeys = new Set(bad.map(({ report }) => keyOf(report)));
  const good = cases
    .flatMap((one) => originals.get(keyOf(one)) ?? [])
    .filter((one) => !badKeys.has(keyOf(one)));
  noteLatency(session, { ...batch, deliveries: good });
  await acknowledge(session, good, signal);
  await isolate(session, bad, signal);
}

/** From publication to the commit: what they waited for us, and what we took. */
function noteLatency({ metrics, clock }: Session, { deliveries, receivedAtMs }: Batch): void {
  const tookMs = clock.monotonicMs() - receivedAtMs;
  for (const { waitedMs } of deliveries) metrics.commitLatency.observe((waitedMs + tookMs) / 1000);
}

function withDelivery(delivery: Delivery | undefined, reason: string): readonly Poison<Delivery>[] {
  return delivery === undefined ? [] : [{ report: delivery, reason }];
}

interface Decoded {
  readonly cases: readonly Case[];
  readonly malformed: readonly Poison<Delivery>[];
  /** Reports of a wire version that we do not read: they stay pending for a server that does. */
  readonly newer: number;
}

function decodeAll(deliveries: readonly Delivery[], wireGreatest: number): Decoded {
  const cases: Case[] = [];
  const malformed: Poison<Delivery>[] = [];
  for (const delivery of deliveries) {
    const decoded = decodeReport(delivery, wireGreatest);
    const { portId, chassis, incarnation } = delivery;
    if (decoded.kind === 'report')
      cases.push({ portId, chassis, arrival: { report: decoded.report, incarnation } });
    if (decoded.kind === 'malformed') malformed.push({ report: delivery, reason: decoded.reason });
  }
  return { cases, malformed, newer: deliveries.length - cases.length - malformed.length };
}

async function acknowledge(
  session: Session,
  deliveries: readonly Delivery[],
  signal: AbortSignal,
): Promise<void> {
  if (deliveries.length === 0) return;
  const { northbound, member } = session;
  await persist(session, 'northbound', signal, () => northbound.acknowledge(member, deliveries, { signal }));
}

/** Puts reports that can never be written into quarantine, then acknowledges them: nothing accepted is lost. */
async function isolate(
  session: Session,
  bad: readonly Poison<Delivery>[],
  signal: AbortSignal,
): Promise<void> {
  await setAside(session, bad, signal);
  await acknowledge(
    session,
    bad.map(({ report }) => report),
    signal,
  );
}

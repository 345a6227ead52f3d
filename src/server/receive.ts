import { PortStatusError } from '../domain/errors.js';
import { keyOf } from '../domain/report.js';
import { decodeReport } from '../domain/wire.js';
import type { Case, QuarantineEntry } from '../neutron/neutron.js';
import type { Delivery } from '../northbound/northbound.js';
import { judgeCases } from './judge-cases.js';
import { persist } from './persist.js';
import type { Session } from './session.js';

/** A delivery that can never be written. */
interface Poison {
  readonly delivery: Delivery;
  readonly reason: string;
}

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
  const { cases, malformed, newer } = decodeAll(deliveries);
  session.metrics.unreadable.inc(newer);
  const { poisoned } = await judgeCases(session, cases, 'arrival', signal);
  const originals = new Map(deliveries.map((delivery) => [keyOf(delivery), delivery]));
  const bad: readonly Poison[] = [
    ...malformed,
    ...poisoned.flatMap(({ one, reason }) => withDelivery(originals.get(keyOf(one)), reason)),
  ];
  const badKeys = new Set(bad.map(({ delivery }) => keyOf(delivery)));
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

function withDelivery(delivery: Delivery | undefined, reason: string): readonly Poison[] {
  return delivery === undefined ? [] : [{ delivery, reason }];
}

interface Decoded {
  readonly cases: readonly Case[];
  readonly malformed: readonly Poison[];
  /** Reports of a wire version that we do not read: they stay pending for a server that does. */
  readonly newer: number;
}

function decodeAll(deliveries: readonly Delivery[]): Decoded {
  const cases: Case[] = [];
  const malformed: Poison[] = [];
  for (const delivery of deliveries) {
    const decoded = decodeReport(delivery);
    const { portId, chassis, incarnation } = delivery;
    if (decoded.kind === 'report')
      cases.push({ portId, chassis, arrival: { report: decoded.report, incarnation } });
    if (decoded.kind === 'malformed') malformed.push({ delivery, reason: decoded.reason });
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
async function isolate(session: Session, bad: readonly Poison[], signal: AbortSignal): Promise<void> {
  if (bad.length === 0) return;
  const { neutron, logger, metrics } = session;
  await persist(session, 'neutron', signal, async () => {
    await refuseFlood(session, bad.length);
    await neutron.quarantine(bad.map((poison) => toEntry(poison, session.options.id)));
  });
  metrics.quarantined.inc(bad.length);
  for (const { delivery, reason } of bad) {
    const { portId, chassis, revision } = delivery;
    logger.warn(
      { event: 'report.quarantined', portId, chassis, revision, reason },
      'a report can never be written',
    );
  }
  await acknowledge(
    session,
    bad.map(({ delivery }) => delivery),
    signal,
  );
}

/** So many bad reports are not their own fault: an outage, until someone has looked. */
async function refuseFlood({ neutron, options }: Session, more: number): Promise<void> {
  if ((await neutron.quarantined()) + more <= options.quarantineMax) return;
  throw new PortStatusError(
    'UNAVAILABLE',
    `more than ${options.quarantineMax} reports would be in quarantine; find out why, empty the ledger's table quarantine, or raise quarantine.max`,
  );
}

function toEntry({ delivery, reason }: Poison, server: string): QuarantineEntry {
  const { portId, chassis, revision, incarnation, body } = delivery;
  return { portId, chassis, revision, incarnation, body, reason, server };
}

import type { Gauge } from 'prom-client';
import type { LedgerCounts } from '../neutron/neutron.js';
import { PATIENCE_MS } from '../runtime/check.js';
import { Question } from '../runtime/question.js';
import type { ServerParts } from './session.js';

type Parts = Pick<ServerParts, 'neutron' | 'clock' | 'metrics'>;

/** For so long what was read stands, and that nothing could be read. */
const KEPT_MS = 10_000;

/**
 * Has the gauges of what waits in the ledger read when somebody asks for the metrics, once in ten seconds however many do.
 *
 * A database that does not answer is waited for as long as `/readyz` would, and leaves the gauges without a value.
 */
export function showLedger(parts: Parts): void {
  const { neutron, clock, metrics } = parts;
  const question = new Question(() => neutron.counts(), clock);
  let reading = { work: Promise.resolve(), sinceMs: -Infinity };
  const collect = (): Promise<void> => {
    const nowMs = clock.monotonicMs();
    if (nowMs - reading.sinceMs >= KEPT_MS) reading = { work: read(question, metrics), sinceMs: nowMs };
    return reading.work;
  };
  // prom-client's types know it as an option alone: the metrics are made before there is a database.
  for (const gauge of gaugesOf(metrics)) Object.assign(gauge, { collect });
}

function gaugesOf({ novaOwed, novaOldestOwed, quarantine }: Parts['metrics']): readonly Gauge[] {
  return [novaOwed, novaOldestOwed, quarantine];
}

async function read(question: Question<LedgerCounts>, metrics: Parts['metrics']): Promise<void> {
  const reply = await question.put(PATIENCE_MS);
  if (reply.kind !== 'answer') {
    for (const gauge of gaugesOf(metrics)) gauge.remove();
    return;
  }
  const { owed, oldestOwedMs, quarantined } = reply.value;
  metrics.novaOwed.set(owed);
  metrics.novaOldestOwed.set(Math.max(0, oldestOwedMs) / 1000);
  metrics.quarantine.set(quarantined);
}

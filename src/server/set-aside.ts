import type { Envelope } from '../domain/wire.js';
import type { QuarantineEntry } from '../neutron/neutron.js';
import { persist } from './persist.js';
import type { Session } from './session.js';

/** A report that can never be written. */
export interface Poison<R extends Published = Published> {
  readonly report: R;
  readonly reason: string;
}

/** A report as it was published. */
type Published = Envelope & { readonly incarnation: string };

/** Puts reports that can never be written into quarantine. */
export async function setAside(session: Session, bad: readonly Poison[], signal: AbortSignal): Promise<void> {
  if (bad.length === 0) return;
  const { neutron, logger, metrics, options } = session;
  const entries = bad.map((poison) => toEntry(poison, options.id));
  await persist(session, 'neutron', signal, () => neutron.quarantine(entries, options.quarantineMax));
  metrics.quarantined.inc(bad.length);
  for (const { report, reason } of bad) {
    const { portId, chassis, revision } = report;
    logger.warn(
      { event: 'report.quarantined', portId, chassis, revision, reason },
      'a report can never be written',
    );
  }
}

function toEntry({ report, reason }: Poison, server: string): QuarantineEntry {
  const { portId, chassis, revision, incarnation, body } = report;
  return { portId, chassis, revision, incarnation, body, reason, server };
}

import { PortStatusError } from '../domain/errors.js';
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
  await persist(session, 'neutron', signal, async () => {
    await refuseFlood(session, bad.length);
    await neutron.quarantine(bad.map((poison) => toEntry(poison, options.id)));
  });
  metrics.quarantined.inc(bad.length);
  for (const { report, reason } of bad) {
    const { portId, chassis, revision } = report;
    logger.warn(
      { event: 'report.quarantined', portId, chassis, revision, reason },
      'a report can never be written',
    );
  }
}

/** So many bad reports are not their own fault: an outage, until someone has looked. */
async function refuseFlood({ neutron, options }: Session, more: number): Promise<void> {
  if ((await neutron.quarantined()) + more <= options.quarantineMax) return;
  throw new PortStatusError(
    'UNAVAILABLE',
    `more than ${options.quarantineMax} reports would be in quarantine; find out why, empty the ledger's table quarantine, or raise quarantine.max`,
  );
}

function toEntry({ report, reason }: Poison, server: string): QuarantineEntry {
  const { portId, chassis, revision, incarnation, body } = report;
  return { portId, chassis, revision, incarnation, body, reason, server };
}

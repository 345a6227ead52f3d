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

/**
 * Puts reports that can never be written into quarantine.
 *
 * @returns false where it has no room for them. So many are hardly their own fault, so that an operator has to look: they
 *   are to be left as they are meanwhile, and tried again. Those that can be written do not wait for that.
 */
export async function setAside(
  session: Session,
  bad: readonly Poison[],
  signal: AbortSignal,
): Promise<boolean> {
  if (bad.length === 0) return true;
  const { neutron, options } = session;
  const entries = bad.map((poison) => toEntry(poison, options.id));
  const isKept = await persist(session, 'neutron', signal, () =>
    neutron.quarantine(entries, options.quarantineMax),
  );
  if (isKept) noteKept(session, bad);
  else noteFull(session);
  return isKept;
}

function toEntry({ report, reason }: Poison, server: string): QuarantineEntry {
  const { portId, chassis, revision, incarnation, body } = report;
  return { portId, chassis, revision, incarnation, body, reason, server };
}

function noteKept(session: Session, bad: readonly Poison[]): void {
  const { logger, metrics } = session;
  endFullQuarantine(session);
  metrics.quarantined.inc(bad.length);
  for (const { report, reason } of bad) {
    const { portId, chassis, revision } = report;
    logger.warn(
      { event: 'report.quarantined', portId, chassis, revision, reason },
      'a report can never be written',
    );
  }
}

function noteFull({ health, logger, options }: Session): void {
  const why = `more than ${options.quarantineMax} reports would be in quarantine; find out why with "port-status quarantine list", mend it and have them judged again with "port-status quarantine retry --all", or raise quarantine.max`;
  if (health.outages.begin('quarantine', health, why)) logger.error({ event: 'quarantine.full' }, why);
}

/** Notes that nothing waits for room in the quarantine any more. */
export function endFullQuarantine({ health, logger }: Pick<Session, 'health' | 'logger'>): void {
  if (health.outages.end('quarantine', health))
    logger.info({ event: 'quarantine.has-room' }, 'nothing waits for room in the quarantine');
}

import type { Reason, Verdict } from '../../domain/judge.js';
import type { NeutronStatus } from '../../domain/neutron-port.js';
import type { ReportedStatus, ReportKey } from '../../domain/report.js';
import type { Case, Foreseen, Owed } from '../../neutron/neutron.js';

/**
 * What is not as it should be.
 *
 * - status: Neutron's rows are not what the last report of the bound chassis means, or what a complete chassis no longer
 *   having the port does.
 * - not-activated: no provisioning block is left, the chassis says ACTIVE, and nobody activated the port: what Neutron's
 *   own race between L2 and DHCP leaves behind.
 * - debt: a word that Nova was not told.
 * - no-port: a report of a port that Neutron no longer has, of which the ledger does not know that yet.
 * - lost-entry: a pending report whose entry is gone from its topic, so that no server receives it.
 */
export type Kind = 'status' | 'not-activated' | 'debt' | 'no-port' | 'lost-entry';

export const KINDS = [
  'status',
  'not-activated',
  'debt',
  'no-port',
  'lost-entry',
] as const satisfies readonly Kind[];

export interface Finding extends ReportKey {
  readonly kind: Kind;
  readonly neutronStatus?: NeutronStatus | undefined;
  readonly reported?: ReportedStatus | undefined;
  readonly verdict?: Verdict | undefined;
  readonly reason?: Reason | undefined;
  /** Words of `DELETE-L2 INSERT-L2 ACTIVE DOWN ERROR` for Neutron's rows, else `LEDGER`, `TOPIC`, or nothing. */
  readonly wouldWrite: string;
  /** What is to be judged so that it is mended. */
  readonly one?: Case | undefined;
  /** The word that Nova is owed already. */
  readonly owed?: Owed | undefined;
}

/** Undefined where nothing is to be mended: what servers only note, as they pass by. */
export function findingOf(foreseen: Foreseen): Finding | undefined {
  const kind = kindOf(foreseen);
  if (kind === undefined) return undefined;
  const { one, neutronStatus, reported, verdict, reason, wouldWrite } = foreseen;
  const { portId, chassis } = one;
  const words = wouldWrite === '' ? 'LEDGER' : wouldWrite;
  return { kind, portId, chassis, neutronStatus, reported, verdict, reason, wouldWrite: words, one };
}

function kindOf({ verdict, isNews, wouldWrite, neutronStatus, wouldOwe }: Foreseen): Kind | undefined {
  if (verdict === 'absent') return isNews ? 'no-port' : undefined;
  if (wouldWrite === '') return wouldOwe ? 'debt' : undefined;
  const isOnItsWay = neutronStatus === 'DOWN' || neutronStatus === 'BUILD';
  return wouldWrite === 'ACTIVE' && isOnItsWay ? 'not-activated' : 'status';
}

export function debtOf(owed: Owed): Finding {
  const { portId, chassis } = owed;
  return { kind: 'debt', portId, chassis, wouldWrite: '', owed };
}

export function lostEntryOf({ portId, chassis }: ReportKey): Finding {
  return { kind: 'lost-entry', portId, chassis, wouldWrite: 'TOPIC' };
}

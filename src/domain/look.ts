import type { Judgement } from './judge.js';
import type { NeutronPort } from './neutron-port.js';
import type { Report } from './report.js';

/**
 * When a report that waits is judged again, in milliseconds after the commit: once per step.
 *
 * Neutron's `provisioning_complete` looks for other blocks inside its own uncommitted transaction, so L2 and DHCP that
 * finish together both see the other's block and nobody activates the port; these steps leave none of 100 stuck (98
 * without them). A hint in memory: what holds after a crash is `look_at` in the ledger. Source: docs/neutron.md.
 */
export const LOOK_STEPS_MS = [50, 200, 1000, 5000] as const;

/** While the host has an INACTIVE binding, Nova is about to activate it: a live migration waits for seconds only. */
const MIGRATION_LOOK_MS = 1000;

/** Whether the verdict is not the last word: something outside may change it without a new report. */
export function isWaiting(judgement: Pick<Judgement, 'verdict' | 'effects'>): boolean {
  const { verdict } = judgement;
  if (verdict === 'applied') return mayBeOvertaken(judgement);
  return verdict !== 'stale' && verdict !== 'delegated';
}

/**
 * Whether our block went back to a port that was on its way up: neutron-server may have looked for blocks before that,
 * and set the port ACTIVE afterwards. Nothing it compares tells it, because DOWN was there already.
 */
function mayBeOvertaken({ effects }: Pick<Judgement, 'effects'>): boolean {
  return effects.insertL2 && effects.write === undefined;
}

/**
 * How long after this judgement the ledger promises the next one, or undefined where the sweep is early enough: a boot
 * waits for an UP that may still count, and for nothing else (docs/decisions/0003).
 */
export function lookAfterMs(
  judgement: Judgement,
  report: Pick<Report, 'status' | 'chassis'>,
  port: NeutronPort | undefined,
  everyMs: number,
): number | undefined {
  const sweepIsEnough = judgement.verdict === 'absent' || judgement.verdict === 'misplaced';
  if (!isWaiting(judgement) || sweepIsEnough || report.status !== 'ACTIVE') return undefined;
  const isTarget = port?.bindings.some(
    ({ host, status }) => host === report.chassis && status === 'INACTIVE',
  );
  return lookIntervalMs(isTarget === true, everyMs);
}

/** How long it is from one look that the ledger promises to the next. @param isTarget whether the host has an INACTIVE binding. */
export function lookIntervalMs(isTarget: boolean, everyMs: number): number {
  return isTarget ? Math.min(MIGRATION_LOOK_MS, everyMs) : everyMs;
}

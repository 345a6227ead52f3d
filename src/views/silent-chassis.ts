import { judgeSilence } from '../domain/chassis-silence.js';
import type { ObservedChassis, SilencePolicy } from '../domain/chassis-silence.js';
import type { ChassisView, Northbound } from '../northbound/northbound.js';

/** The policy that is configured; undefined where ports of a silent chassis keep their status. */
export function policyOf(options: {
  readonly downAfterMs: number | undefined;
  readonly downMostPercent: number | undefined;
}): SilencePolicy | undefined {
  const { downAfterMs, downMostPercent } = options;
  return downAfterMs === undefined || downMostPercent === undefined
    ? undefined
    : { downAfterMs, downMostPercent };
}

/**
 * The silent chassis whose ports keep their status because so many are silent at once, as far as somebody can tell who
 * looks once: by the age of their last word. A server observes them by its own clock and may have seen a shorter silence.
 *
 * Of a silent chassis one record is read.
 */
export async function findKept(
  northbound: Northbound,
  views: readonly ChassisView[],
  policy: SilencePolicy | undefined,
): Promise<readonly string[]> {
  if (policy === undefined) return [];
  const all: ObservedChassis[] = [];
  for (const { chassis, ageMs, beat, approved } of views) {
    const isSilent = ageMs >= policy.downAfterMs;
    const isSpent = isSilent && (await northbound.reports(chassis, { limit: 1 })).length === 0;
    const standing = isSpent ? 'spent' : 'at stake';
    all.push({ chassis, silentMs: ageMs, isApproved: approved === beat, standing });
  }
  return judgeSilence(all, policy).held;
}

/**
 * How a chassis stands, for people; nothing is decided by it.
 *
 * - live: its agent was heard of within three heartbeats.
 * - late: silent for longer, and not for so long that anything follows from it.
 * - lapsed: silent for as long as makes its ports go DOWN (`chassis.downAfterMs`), or as no agent is that lives.
 */
export type ChassisState = 'live' | 'late' | 'lapsed';

/** A silence that no agent keeps that lives: several of the longest heartbeats that `agent.heartbeatMs` allows. */
export const AGENT_SILENT_MS = 65_000;

/** Heartbeats that may be missed before a chassis is late. */
const LATE_AFTER_BEATS = 3;

/** The state of a chassis whose last word is `ageMs` old. */
export function chassisStateOf(
  ageMs: number,
  { heartbeatMs, lapsedAfterMs }: { readonly heartbeatMs: number; readonly lapsedAfterMs: number },
): ChassisState {
  if (ageMs >= lapsedAfterMs) return 'lapsed';
  return ageMs > LATE_AFTER_BEATS * heartbeatMs ? 'late' : 'live';
}

/** When ports of a chassis go DOWN because its agent is silent (`[chassis]` in the configuration). */
export interface SilencePolicy {
  /** How long it has to be silent. */
  readonly downAfterMs: number;
  /** More than so many percent of the chassis that are silent at once are no deaths but one fault. */
  readonly downMostPercent: number;
}

export interface ObservedChassis {
  readonly chassis: string;
  readonly silentMs: number;
  /** Whether an operator said of this very silence that its ports may go DOWN. */
  readonly isApproved: boolean;
  /**
   * - at stake: it may have ports that are not DOWN.
   * - let go: they were reported DOWN a while ago. It counts as silent still: what fails rack by rack is one fault.
   * - spent: nothing of it is up any more, and has not been for long: it counts for nothing.
   */
  readonly standing: 'at stake' | 'let go' | 'spent';
}

export interface SilenceJudgement {
  /** Silent for long enough: their ports go DOWN. */
  readonly dead: readonly string[];
  /** As silent, but so many are that it looks like a fault of the network or of the northbound database: nothing is done. */
  readonly held: readonly string[];
}

/**
 * Who is dead among all chassis.
 *
 * Those that have been silent for half the time count among the silent: a fault that cuts off many at once reaches the
 * full time for one of them first.
 */
export function judgeSilence(all: readonly ObservedChassis[], policy: SilencePolicy): SilenceJudgement {
  const { downAfterMs } = policy;
  const counting = all.filter(({ standing }) => standing !== 'spent');
  const silent = counting.filter(({ silentMs }) => silentMs >= downAfterMs / 2);
  const isMass = isMassSilence(silent.length, counting.length, policy);
  const due = silent.filter(({ standing, silentMs }) => standing === 'at stake' && silentMs >= downAfterMs);
  const named = (isHeld: boolean): readonly string[] =>
    due.filter(({ isApproved }) => (isMass && !isApproved) === isHeld).map(({ chassis }) => chassis);
  return { dead: named(false), held: named(true) };
}

function isMassSilence(silent: number, all: number, { downMostPercent }: SilencePolicy): boolean {
  return silent > 1 && silent * 100 > all * downMostPercent;
}

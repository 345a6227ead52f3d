import type { Metrics } from '../runtime/metrics.js';
import type { Session } from './session.js';

/** What became of something that a chassis saw on its switch, and when. */
interface Seen {
  /** Milliseconds since 1970 by the chassis' clock. */
  readonly observedAt: number;
  /** When it was done: milliseconds since 1970 by our clock. */
  readonly doneAt: number;
  /** How much of the time before that is ours: since it was published, or became owed. */
  readonly ownMs: number;
}

/**
 * Measures from the switch; 0 where the chassis' clock is ahead of ours.
 *
 * What was seen so long before that a boot that waited for it had failed is left out: after a loss of data an agent repeats
 * what it saw days ago, and a sweep may find that Nova is to be told anew.
 */
export function noteSinceSwitch(
  { options }: Pick<Session, 'options'>,
  metric: Metrics['switchToCommit' | 'switchToNova'],
  { observedAt, doneAt, ownMs }: Seen,
): void {
  const sinceMs = doneAt - observedAt;
  if (sinceMs - ownMs <= options.settle.helpsForMs) metric.observe(Math.max(0, sinceMs) / 1000);
}

/** What the page asks the API, and how often. A benchmark asks the same: see bench/cloud/follow-page.ts. */

/** Followed for as long as the page is open. */
export const EVENTS = 'events';

/** What an answer may take of the time until the next question: a server that is busy is asked less often. */
const MOST_SHARE = 0.02;

/** How long to wait after an answer that took so long, in milliseconds. */
export function pauseAfter(tookMs: number, everyMs: number): number {
  return Math.max(everyMs, tookMs / MOST_SHARE);
}

/** The ports that Nova waits for. */
export const STUCK = { path: 'stuck?limit=50', everyMs: 5000 } as const;

/** The reports that can never be written: there are none, as a rule. */
export const QUARANTINE = { path: 'quarantine?limit=20', everyMs: 30_000 } as const;

/** Which chassis are asked for: a page of those in a state that have a text in their name. The server searches. */
export interface WantedChassis {
  readonly state: 'lapsed' | 'late' | 'live';
  readonly name: string;
  /** The last name of each page before this one. */
  readonly behind: readonly string[];
}

/** Chassis may be many thousands, a page of them is small. */
export const CHASSIS = { page: 100, everyMs: 10_000 } as const;

export const FIRST_CHASSIS: WantedChassis = { state: 'lapsed', name: '', behind: [] };

export function chassisPath({ state, name, behind }: WantedChassis): string {
  const after = behind.at(-1);
  const asked = new URLSearchParams({ state, name, limit: String(CHASSIS.page) });
  if (after !== undefined) asked.set('after', after);
  return `chassis?${asked.toString()}`;
}

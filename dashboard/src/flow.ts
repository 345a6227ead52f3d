import type { Overview } from '../../src/http/overview.js';

type Listener = Overview['listeners'][number];
type WorkDone = NonNullable<Listener['done']>;

/** How fast reports go their way, a second: those of one server, or of all. */
export interface Flow {
  readonly received: number;
  readonly written: number;
  readonly told: number;
}

/** What each server said of late that it has done, the oldest first. */
export type Accounts = ReadonlyMap<string, readonly WorkDone[]>;

/** A rate is taken over so long at the least: what happens in one second alone jumps about. */
const RATE_MS = 4000;
/** So much is kept. Shares are taken over all of it: servers beat at different moments, and a burst ends between two. */
const KEPT_MS = 15_000;

const NOTHING: WorkDone = { forMs: 0, received: 0, written: 0, told: 0 };
const STILL: Flow = { received: 0, written: 0, told: 0 };

/** Takes down what the listed servers say, and forgets the others. Each keeps as much as is needed. */
export function noteDone(accounts: Accounts, listeners: readonly Listener[]): Accounts {
  return new Map(
    listeners.flatMap(({ id, done }) =>
      done === undefined ? [] : [[id, extend(accounts.get(id) ?? [], done)] as const],
    ),
  );
}

/** Who says less than before has started anew, and began at nothing. */
function extend(known: readonly WorkDone[], done: WorkDone): readonly WorkDone[] {
  const last = known.at(-1);
  if (last?.forMs === done.forMs) return known;
  const since = last !== undefined && last.forMs > done.forMs ? [NOTHING] : known;
  const all = [...since, done];
  return all.slice(all.indexOf(firstOf(all, KEPT_MS)));
}

/** The last that was said so long before the last of all; where none was, the first. */
function firstOf(known: readonly WorkDone[], overMs: number): WorkDone {
  const endMs = known.at(-1)?.forMs ?? 0;
  return known.findLast(({ forMs }) => endMs - forMs >= overMs) ?? known[0] ?? NOTHING;
}

/** How fast each server works that is heard of; those that do not say are left out. */
export function flowsOf(
  accounts: Accounts,
  listeners: readonly Listener[],
  overMs = RATE_MS,
): ReadonlyMap<string, Flow> {
  return new Map(
    listeners.flatMap(({ id, state }) => {
      const known = accounts.get(id);
      return known === undefined ? [] : [[id, isHeard(state) ? flowOf(known, overMs) : STILL] as const];
    }),
  );
}

function isHeard(state: Listener['state']): boolean {
  return state === 'live' || state === 'draining';
}

function flowOf(known: readonly WorkDone[], overMs: number): Flow {
  const from = firstOf(known, overMs);
  const to = known.at(-1) ?? from;
  if (to.forMs <= from.forMs) return STILL;
  const seconds = (to.forMs - from.forMs) / 1000;
  const perSecond = (of: keyof Flow): number => Math.max(0, to[of] - from[of]) / seconds;
  return { received: perSecond('received'), written: perSecond('written'), told: perSecond('told') };
}

/** Each server's part of all that servers were given of late, from 0 to 1; nobody's where nothing was given. */
export function sharesOf(accounts: Accounts, listeners: readonly Listener[]): ReadonlyMap<string, number> {
  const flows = flowsOf(accounts, listeners, KEPT_MS);
  const { received } = sumOfFlows(flows.values());
  return new Map(received === 0 ? [] : [...flows].map(([id, flow]) => [id, flow.received / received]));
}

export function sumOfFlows(flows: Iterable<Flow>): Flow {
  return [...flows].reduce(
    (sum, one) => ({
      received: sum.received + one.received,
      written: sum.written + one.written,
      told: sum.told + one.told,
    }),
    STILL,
  );
}

/** Reports a second that came into topics: what was given to servers, and what more waits than before. */
export function arrivals({ received }: Flow, before: Overview, after: Overview): number {
  const seconds = (after.atMs - before.atMs) / 1000;
  const growth = seconds <= 0 ? 0 : (backlogOf(after) - backlogOf(before)) / seconds;
  return Math.max(0, received + growth);
}

/** Reports that wait in all topics. */
export function backlogOf({ listeners }: Overview): number {
  return listeners.reduce((sum, { backlog }) => sum + backlog, 0);
}

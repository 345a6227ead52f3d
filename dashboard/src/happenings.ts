import type { Overview } from '../../src/http/overview.js';

/** Something that happened to a server, in words. */
export interface Happening {
  readonly atMs: number;
  readonly what: string;
  readonly isBad: boolean;
}

/** What happened between two overviews. */
export function happeningsBetween(before: Overview, after: Overview): readonly Happening[] {
  const { atMs } = after;
  const old = new Map(before.listeners.map((one) => [one.id, one]));
  const now = new Map(after.listeners.map((one) => [one.id, one]));
  const say = (what: string, isBad: boolean): Happening => ({ atMs, what, isBad });
  return [
    ...[...now.values()]
      .filter(({ id }) => !old.has(id))
      .map(({ id }) => say(`${id} joined and gets its share`, false)),
    ...[...now.values()]
      .filter(({ id, state }) => old.has(id) && old.get(id)?.state !== state)
      .map(({ id, state, backlog }) =>
        say(`${id} is ${state}${inWords[state](backlog)}`, state === 'lapsed'),
      ),
    ...[...old.values()].filter(({ id }) => !now.has(id)).map(({ id, state }) => gone(id, state, say)),
    ...(before.isPaused === after.isPaused
      ? []
      : [say(after.isPaused ? 'writing was paused' : 'writing goes on', after.isPaused)]),
  ];
}

const inWords: Readonly<Record<Overview['listeners'][number]['state'], (backlog: number) => string>> = {
  live: () => '',
  draining: () => ': it was told to leave',
  late: () => ': nothing was heard of it for half its ttl',
  lapsed: (backlog) => `: others take over the ${backlog} reports in its topic`,
};

/** Who is silent is taken over, mostly before the next overview; who leaves in order is not silent before. */
function gone(id: string, state: string, say: (what: string, isBad: boolean) => Happening): Happening {
  return state === 'late' || state === 'lapsed'
    ? say(`${id} is gone, and its topic was taken over`, true)
    : say(`${id} left`, false);
}

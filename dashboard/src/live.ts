import type { Overview } from '../../src/http/overview.js';
import { arrivals, backlogOf, flowsOf, noteDone, sumOfFlows } from './flow.js';
import type { Accounts, Flow } from './flow.js';
import { happeningsBetween } from './happenings.js';
import type { Happening } from './happenings.js';
import { latenciesBetween } from './latencies.js';
import type { Latencies } from './latencies.js';

/** Seconds that the charts show. */
export const SHOWN = 300;
/** Happenings that are kept. */
const MOST_HAPPENINGS = 50;
/** Latencies and arrivals are taken over so many overviews: one second alone jumps about. */
const OVER = 5;

/** How fast everything goes. */
export interface Pace extends Latencies {
  /** Reports a second that came into topics. */
  readonly arrived: number;
  /** Of all servers together. */
  readonly all: Flow;
  readonly byServer: ReadonlyMap<string, Flow>;
}

/** One second of the charts. */
export interface Tick {
  readonly atMs: number;
  readonly pace: Pace;
  readonly backlog: number;
}

/** All that the page knows. */
export interface Scene {
  readonly now: Overview | undefined;
  readonly pace: Pace | undefined;
  readonly ticks: readonly Tick[];
  readonly happenings: readonly Happening[];
  /** Why nothing new comes; absent while it does. */
  readonly trouble: string | undefined;
}

export const EMPTY: Scene = {
  now: undefined,
  pace: undefined,
  ticks: [],
  happenings: [],
  trouble: 'connecting',
};

/** Follows the events of the server that served this page. The browser comes back by itself. @returns what ends it. */
export function follow(show: (scene: Scene) => void): () => void {
  let scene = EMPTY;
  let recent: readonly Overview[] = [];
  let accounts: Accounts = new Map();
  const set = (more: Partial<Scene>): void => {
    scene = { ...scene, ...more };
    show(scene);
  };
  const source = new EventSource('api/v1/events');
  source.addEventListener('overview', ({ data }: MessageEvent<string>) => {
    const now = JSON.parse(data) as Overview;
    const [oldest] = recent;
    accounts = noteDone(accounts, now.listeners);
    const pace = oldest === undefined ? undefined : paceOf(accounts, oldest, now);
    const news = recent.length === 0 ? [] : happeningsBetween(recent.at(-1) ?? now, now);
    recent = [...recent, now].slice(-OVER);
    set({ ...add(scene, now, pace, news), trouble: undefined });
  });
  source.addEventListener('trouble', ({ data }: MessageEvent<string>) => {
    set({ trouble: (JSON.parse(data) as { readonly error: string }).error });
  });
  source.addEventListener('error', () => {
    recent = [];
    set({ trouble: 'the server does not answer' });
  });
  return () => source.close();
}

function paceOf(accounts: Accounts, before: Overview, now: Overview): Pace {
  const byServer = flowsOf(accounts, now.listeners);
  const all = sumOfFlows(byServer.values());
  return { arrived: arrivals(all, before, now), all, byServer, ...latenciesBetween(before, now) };
}

function add(
  { ticks, happenings }: Scene,
  now: Overview,
  pace: Pace | undefined,
  news: readonly Happening[],
): Pick<Scene, 'now' | 'pace' | 'ticks' | 'happenings'> {
  const backlog = backlogOf(now);
  return {
    now,
    pace,
    ticks: pace === undefined ? ticks : [...ticks, { atMs: now.atMs, pace, backlog }].slice(-SHOWN),
    happenings: [...news, ...happenings].slice(0, MOST_HAPPENINGS),
  };
}

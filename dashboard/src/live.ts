import type { Overview } from '../../src/http/overview.js';
import { noteDone } from './flow.js';
import type { Accounts } from './flow.js';
import { happeningsBetween } from './happenings.js';
import type { Happening } from './happenings.js';
import { extend } from './history.js';
import type { Tick } from './history.js';
import { paceOf } from './pace.js';
import type { Pace } from './pace.js';
import { EVENTS } from './questions.js';

/** Happenings that are kept. */
const MOST_HAPPENINGS = 50;
/** Latencies and arrivals are taken over so many overviews: one second alone jumps about. */
const OVER = 5;

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
  const source = new EventSource(`api/v1/${EVENTS}`);
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

function add(
  { ticks, happenings }: Scene,
  now: Overview,
  pace: Pace | undefined,
  news: readonly Happening[],
): Pick<Scene, 'now' | 'pace' | 'ticks' | 'happenings'> {
  return {
    now,
    pace,
    ticks: pace === undefined ? ticks : extend(ticks, now, pace),
    happenings: [...news, ...happenings].slice(0, MOST_HAPPENINGS),
  };
}

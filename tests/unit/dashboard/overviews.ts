import type { Overview } from '../../../src/http/overview.js';

export type Listener = Overview['listeners'][number];

export function listener(
  id: string,
  state: Listener['state'] = 'live',
  backlog = 0,
  done?: Listener['done'],
): Listener {
  return { id, state, backlog, ageMs: 0, ttlMs: 3000, share: 0, program: '1', versions: [1], done };
}

export function overview(atMs: number, more: Partial<Overview> = {}): Overview {
  const chassis = { live: 0, late: 0, lapsed: 0, incomplete: 0, holding: 0 };
  return { atMs, server: 'n1', isDemo: false, isPaused: false, listeners: [], chassis, metrics: [], ...more };
}

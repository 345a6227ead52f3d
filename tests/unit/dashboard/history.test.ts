import { expect, it } from 'vitest';
import { extend } from '../../../dashboard/src/history.js';
import type { Tick } from '../../../dashboard/src/history.js';
import type { Flow } from '../../../dashboard/src/flow.js';
import type { Pace } from '../../../dashboard/src/pace.js';
import { serverLines } from '../../../dashboard/src/server-lines.js';
import { listener, overview } from './overviews.js';

const STILL: Flow = { received: 0, written: 0, told: 0 };

/** Servers for which so much waits, and that were given so many of forty. */
function after(ticks: readonly Tick[], given: Readonly<Record<string, number>>): readonly Tick[] {
  const servers = Object.entries(given);
  const listeners = servers.map(([id, amount]) => listener(id, 'live', amount));
  const pace: Pace = {
    ...{ arrived: 0, all: STILL, byServer: new Map(), commit: undefined, nova: undefined },
    shares: new Map(servers.filter(([, amount]) => amount > 0).map(([id, amount]) => [id, amount / 40])),
  };
  return extend(ticks, overview(ticks.length * 1000, { listeners }), pace);
}

it('each server has a line in a colour of its own, with a gap where nothing was given out', () => {
  const ticks = after(after([], { a: 30, b: 10 }), { a: 0, b: 0 });
  expect(serverLines(ticks, ({ share }) => share)).toEqual([
    { label: 'a', slot: 1, values: [0.75, null] },
    { label: 'b', slot: 2, values: [0.25, null] },
  ]);
});

it('a server that joined or left has a line for as long as it was there', () => {
  const ticks = [{ a: 1 }, { a: 2, b: 3 }, { b: 4 }].reduce<readonly Tick[]>(after, []);
  expect(serverLines(ticks, ({ backlog }) => backlog)).toEqual([
    { label: 'a', slot: 1, values: [1, 2, null] },
    { label: 'b', slot: 2, values: [null, 3, 4] },
  ]);
});

it('of many servers the three that have most have a name and a colour, and are drawn last', () => {
  const given = Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`n${index}`, (index * 7) % 64]));
  const lines = serverLines(after([], given), ({ backlog }) => backlog);
  expect(lines).toHaveLength(64);
  expect(lines.slice(-4).map(({ slot, values }) => [slot, values[0]])).toEqual([
    ['rest', 60],
    [3, 61],
    [2, 62],
    [1, 63],
  ]);
  expect(lines.filter(({ label }) => label !== undefined)).toHaveLength(3);
});

it('five minutes are kept, and lines of a hundred servers drawn, however many came and went', () => {
  let ticks: readonly Tick[] = [];
  for (let second = 0; second < 1000; second++) ticks = after(ticks, { [`n${second}`]: 1 });
  expect([ticks.length, ticks.at(-1)?.atMs]).toEqual([300, 300_000]);
  const lines = serverLines(ticks, ({ backlog }) => backlog);
  expect(lines).toHaveLength(100);
  expect(lines.at(-1)?.label).toBe('n999');
});

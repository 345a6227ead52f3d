import { expect, it } from 'vitest';
import type { Ending } from '../../../src/simulator/demo/tally.js';
import { stateOf } from '../../../src/simulator/demo/topics.js';
import { draw, tell } from '../../../src/simulator/demo/view.js';
import type { Picture } from '../../../src/simulator/demo/view.js';

const PICTURE: Picture = {
  elapsedMs: 3200,
  durationMs: 10_000,
  underWay: 2,
  servers: [
    { name: 'A', state: 'live', boots: 30, backlog: 0 },
    { name: 'B', state: 'dead', boots: 10, backlog: 7 },
    { name: 'C', state: 'taken over', boots: 0 },
  ],
  kinds: { boot: 40, stop: 3, reboot: 4, migrate: 5 },
  counts: { stale: 0, misplaced: 0, takeovers: 1, lost: 0, appliedTwice: 0 },
  latency: { neutron: { p50Ms: 4.25, p99Ms: 30 }, nova: { p50Ms: null, p99Ms: null } },
  story: ['first', 'second', 'third'],
};

it('the live view shows servers, latency, counters and the newest lines', () => {
  expect(draw(PICTURE, { columns: 120, rows: 40 })).toEqual([
    'Port Status Sync   3 of 10 s   under way: 2',
    '',
    'server A   live       ██████████████████······  75 %     30 boots   topic: 0 waiting',
    'server B   dead       ██████··················  25 %     10 boots   topic: 7 waiting',
    'server C   taken over ························   0 %      0 boots   no topic',
    '',
    'plug → ACTIVE in Neutron   median    4.3 ms   p99   30.0 ms',
    'plug → Nova has heard      median         -   p99         -',
    'boots 40  reboots 4  migrations 5  stops 3   lost 0  applied twice 0  takeovers 1',
    '',
    'first',
    'second',
    'third',
    '',
    'k: kill a server   q: quit',
  ]);
});

it('the live view keeps to the size of the terminal, and gives up its oldest lines first', () => {
  const lines = draw(PICTURE, { columns: 20, rows: 14 });
  expect(lines).toHaveLength(13);
  expect(lines.slice(-3)).toEqual(['third', '', 'k: kill a server   '.slice(0, 19)]);
  expect(Math.max(...lines.map((line) => line.length))).toBe(19);
});

it('the live view says so when it only waits', () => {
  expect(draw({ ...PICTURE, elapsedMs: 10_000 }, { columns: 80, rows: 40 })[0]).toContain(
    'waiting for what is under way',
  );
});

const ENDING: Ending = {
  kind: 'boot',
  vm: 7,
  chassis: 'X',
  isWritten: true,
  isPlugged: true,
  server: 'A',
  writtenMs: 4.4,
  pluggedMs: 12,
};

it.each<[Ending, string]>([
  [ENDING, 'VM 7 on X: plugged in → ACTIVE by A after 4 ms → Nova booted after 12 ms'],
  [{ ...ENDING, kind: 'reboot' }, 'VM 7 on X: unplugged and plugged → Nova rebooted after 12 ms'],
  [{ ...ENDING, kind: 'stop', isPlugged: undefined }, 'VM 7 on X: unplugged → DOWN by A after 4 ms'],
  [
    { ...ENDING, kind: 'migrate', target: 'Y' },
    'VM 7 on X: plugged on Y → Nova moved the binding after 12 ms → ACTIVE by A after 4 ms',
  ],
  [
    { ...ENDING, isWritten: false, isPlugged: false, pluggedMs: undefined },
    'VM 7 on X: plugged in → not ACTIVE in Neutron → Nova heard nothing LOST',
  ],
])('the way of a VM is one line: %#', (ending, line) => {
  expect(tell(ending)).toBe(line);
});

it.each([
  [true, undefined, 'starting'],
  [true, 'live', 'live'],
  [true, 'late', 'late'],
  [true, 'lapsed', 'late'],
  [false, 'live', 'dead'],
  [false, 'lapsed', 'dead'],
  [false, undefined, 'taken over'],
] as const)(
  'a server whose process runs (%s) and whose registration is %s is %s',
  (isRunning, state, word) => {
    expect(stateOf(state === undefined ? undefined : { state }, isRunning)).toBe(word);
  },
);

import { expect, it } from 'vitest';
import type { HistoryEntry } from '../../../src/domain/history.js';
import type { Chapter } from '../../../src/neutron/story.js';
import { timelineOf } from '../../../src/views/timeline.js';

const CHAPTER: Chapter = {
  chassis: 'cn1',
  status: 'ACTIVE',
  attachment: 'b3193b14-5a2f-40f0-8b05-fdb430d77edb',
  revision: 1,
  observedAtMs: 900,
  verdict: 'applied',
  reason: 'agrees',
  mode: 'write',
  effects: '',
  server: 'n1',
  judgedAtMs: 1000,
  isOwed: false,
  attempts: 0,
  toldWord: 'nothing',
  toldResult: 'none',
  toldAtMs: 0,
  history: [],
};

const JUDGED: HistoryEntry = {
  kind: 'judged',
  atMs: 0,
  status: 'DOWN',
  attachment: 'b3193b14',
  verdict: 'applied',
  reason: 'written',
  mode: 'write',
  effects: 'INSERT-L2 DOWN',
  word: 'unplugged',
  server: 'n2',
};

function tell(...chapters: readonly Chapter[]): readonly string[] {
  const story = { portId: 'p', chapters, quarantined: [] };
  const moments = timelineOf({ story, host: undefined, record: undefined, stage: 'done' });
  return moments.map(({ atMs, where, what }) => `${atMs} ${where}: ${what}`);
}

it('merges the histories of all chassis of a port with the stages that stand', () => {
  const settled: HistoryEntry = {
    kind: 'settled',
    atMs: 500,
    word: 'unplugged',
    result: 'refused',
    code: 404,
  };
  const observed: HistoryEntry = { ...JUDGED, atMs: 400, mode: 'observe', word: undefined };
  const others: Chapter = { ...CHAPTER, chassis: 'cn2', judgedAtMs: 1100, history: [observed] };
  expect(tell({ ...CHAPTER, history: [{ ...JUDGED, atMs: 300 }, settled] }, others)).toEqual([
    '300 n2: of cn1: DOWN (b3193b14) judged applied (written), wrote INSERT-L2 DOWN, owed nova "unplugged"',
    '400 n2: of cn2: DOWN (b3193b14) judged applied (written), would write INSERT-L2 DOWN',
    '500 nova: of cn1: "unplugged": refused HTTP 404',
    '900 cn1: the switch showed ACTIVE',
    '900 cn2: the switch showed ACTIVE',
    '1000 n1: judged applied (agrees)',
    '1100 n1: judged applied (agrees)',
  ]);
});

it('tells nothing twice: the newest entry is left out where it is the stage that stands', () => {
  const history = [1000, 1000].map((atMs) => ({ ...JUDGED, atMs }));
  expect(tell({ ...CHAPTER, history }).filter((line) => line.includes('of cn1'))).toHaveLength(1);
});

it('tells the newest twenty entries of a port, not of each of its chassis', () => {
  const chapters = ['cn1', 'cn2'].map((chassis, index) => ({
    ...CHAPTER,
    chassis,
    history: Array.from({ length: 20 }, (_, i) => ({ ...JUDGED, atMs: 10 + 2 * i + index })),
  }));
  const entries = tell(...chapters).filter((line) => line.includes(': of cn'));
  expect(entries).toHaveLength(20);
  expect(entries[0]).toMatch(/^30 /);
  expect(entries.at(-1)).toMatch(/^49 /);
});

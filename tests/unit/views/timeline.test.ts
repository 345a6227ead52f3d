import { expect, it } from 'vitest';
import type { HistoryEntry } from '../../../src/domain/history.js';
import type { NeutronPort } from '../../../src/domain/neutron-port.js';
import type { Report } from '../../../src/domain/report.js';
import type { Chapter } from '../../../src/neutron/story.js';
import type { StoredReport } from '../../../src/northbound/northbound.js';
import type { Explained } from '../../../src/views/explain.js';
import { timelineOf } from '../../../src/views/timeline.js';
import type { Moment } from '../../../src/views/timeline.js';

const CHAPTER: Chapter = {
  chassis: 'cn1',
  status: 'ACTIVE',
  attachment: 'b3193b14-5a2f-40f0-8b05-fdb430d77edb',
  revision: 1,
  observedAtMs: 900,
  verdict: 'applied',
  reason: 'agrees',
  mode: 'write',
  hasOurBlock: false,
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

const PORT: NeutronPort = {
  ...{ portId: 'p', standardAttrId: 1, revisionNumber: 1, status: 'DOWN', ageMs: 1, adminStateUp: true },
  ...{ deviceId: 'vm', deviceOwner: 'compute:nova', blocks: [], bindings: [], isTrunkParent: false },
  l2populationHosts: [],
};

const EXPLAINED: Explained = {
  story: { portId: 'p', chapters: [], quarantined: [] },
  host: 'cn1',
  record: undefined,
  report: undefined,
  stage: 'done',
  leftMs: undefined,
};

function tell(...chapters: readonly Chapter[]): readonly string[] {
  const story = { portId: 'p', chapters, quarantined: [] };
  const moments = timelineOf({ ...EXPLAINED, story });
  return inWords(moments);
}

function inWords(moments: readonly Moment[]): readonly string[] {
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
    '900 cn1: the switch showed ACTIVE: revision 1, attachment b3193b14',
    '900 cn2: the switch showed ACTIVE: revision 1, attachment b3193b14',
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

it('tells of a report that is pending what it says, where it waits and since when', () => {
  const report: Report = {
    ...{
      portId: 'p',
      chassis: 'cn1',
      status: 'DOWN',
      attachment: 'c4193b14-5a2f',
      revision: 2,
      observedAt: 1500,
    },
    seen: { device: 'tap1', linkState: 'down' },
  };
  const record: StoredReport = {
    ...{ portId: 'p', chassis: 'cn1', revision: 2, version: 2, isDown: true, body: '', incarnation: 'i' },
    ...{ place: { kind: 'topic', listener: 'n7' }, pendingSinceMs: 1510 },
  };
  const story = { portId: 'p', chapters: [CHAPTER], quarantined: [] };
  const waits = (over: Partial<Explained>): readonly string[] =>
    inWords(timelineOf({ ...EXPLAINED, story, record, report, ...over })).slice(2);
  expect(waits({})).toEqual([
    '1500 cn1: the switch showed DOWN (tap1, link down): revision 2, attachment c4193b14',
    '1510 northbound: a report waits in the topic of n7 since then',
  ]);
  expect(waits({ record: { ...record, place: { kind: 'unassigned' } }, report: undefined })).toEqual([
    "1510 northbound: a report waits in nobody's topic since then",
  ]);
  expect(waits({ report: { ...report, revision: 1 } })).toHaveLength(1);
});

it('tells whose blocks are left', () => {
  const port = { ...PORT, blocks: ['L2', 'DHCP', 'X'] };
  const stands = (...chapters: readonly Chapter[]): string | undefined =>
    timelineOf({ ...EXPLAINED, story: { ...EXPLAINED.story, port, chapters } }).at(-1)?.what;
  expect(stands(CHAPTER)).toBe(
    'DOWN, bound to cn1; provisioning blocks of L2 (whoever wires the port: Neutron wrote it), DHCP (neutron-dhcp-agent), X (unknown) are left',
  );
  expect(stands(CHAPTER, { ...CHAPTER, hasOurBlock: true })).toContain(
    'L2 (whoever wires the port: a server of ours wrote it)',
  );
});

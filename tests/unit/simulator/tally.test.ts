import { describe, expect, it } from 'vitest';
import type { StatusChange } from '../../../src/simulator/cloud/status-history.js';
import { parseSamples } from '../../../src/runtime/samples.js';
import { readCounts } from '../../../src/simulator/demo/server-counts.js';
import { Tally } from '../../../src/simulator/demo/tally.js';
import type { Ending } from '../../../src/simulator/demo/tally.js';

const BOOT: Ending = {
  kind: 'boot',
  vm: 1,
  chassis: 'X',
  isWritten: true,
  isPlugged: true,
  server: 'A',
  writtenMs: 5,
  pluggedMs: 10,
};
const STOP: Ending = { kind: 'stop', vm: 1, chassis: 'X', isWritten: true, server: 'B', writtenMs: 4 };
const COUNTS = { stale: 1, misplaced: 2, takeovers: 3 };

function summaryOf(endings: readonly Ending[]): ReturnType<Tally['summary']> {
  const tally = new Tally(['A', 'B']);
  for (const ending of endings) tally.noteEnding(ending);
  return tally.summary(COUNTS, 7);
}

it('the summary says of boots what Neutron and Nova have, and which server wrote them', () => {
  expect(summaryOf([BOOT, { ...BOOT, pluggedMs: 30 }, STOP])).toEqual({
    boots: 2,
    active: 2,
    plugged: 2,
    lost: 0,
    appliedTwice: 0,
    ...COUNTS,
    p50Ms: 10,
    p99Ms: 30,
    perServer: { A: 2, B: 0 },
    seed: 7,
  });
});

it('the summary of nothing has no percentiles', () => {
  expect(summaryOf([])).toMatchObject({ boots: 0, lost: 0, p50Ms: null, p99Ms: null });
});

it.each<[string, Ending, number]>([
  ['a boot that both heard of', BOOT, 0],
  ['a boot of which Neutron has nothing', { ...BOOT, isWritten: false }, 1],
  ['a boot of which Nova heard nothing', { ...BOOT, isPlugged: false }, 1],
  ['a stop that was written', STOP, 0],
  ['a stop that was not written', { ...STOP, isWritten: false }, 1],
  ['a reboot of which Nova heard nothing', { ...BOOT, kind: 'reboot', isPlugged: false }, 1],
  ['a migration that was not written', { ...BOOT, kind: 'migrate', isWritten: false }, 1],
])('%s counts as lost so often: %#', (_, ending, lost) => {
  expect(summaryOf([ending]).lost).toBe(lost);
});

const CAUSE = { chassis: 'X', epoch: 1, revision: 5, attachment: 'plug-1', server: 'A' };
const WRITE: StatusChange = {
  no: 1,
  portId: 'port',
  from: 'DOWN',
  to: 'ACTIVE',
  at: 0,
  author: 'server',
  cause: CAUSE,
};
const BY_NEUTRON: StatusChange = { ...WRITE, author: 'neutron', to: 'DOWN', cause: undefined };

describe('what is applied twice', () => {
  it.each<[string, readonly StatusChange[], number]>([
    ['one write for a report', [WRITE], 0],
    ['a second write for the same report', [WRITE, WRITE], 1],
    ['a second write by another server', [WRITE, { ...WRITE, cause: { ...CAUSE, server: 'B' } }], 1],
    ['a second and a third', [WRITE, WRITE, WRITE], 2],
    ['writes for two revisions', [WRITE, { ...WRITE, cause: { ...CAUSE, revision: 6 } }], 0],
    ['writes for two chassis', [WRITE, { ...WRITE, cause: { ...CAUSE, chassis: 'Y' } }], 0],
    ['writes for two epochs', [WRITE, { ...WRITE, cause: { ...CAUSE, epoch: 2 } }], 0],
    ['a second write after Neutron moved the binding', [WRITE, BY_NEUTRON, WRITE], 0],
    ['a write that no report explains', [{ ...WRITE, cause: undefined }], 1],
    ['a write for what was never plugged', [{ ...WRITE, cause: { ...CAUSE, attachment: 'none' } }], 1],
  ])('%s', (_, changes, twice) => {
    const tally = new Tally(['A']);
    tally.notePlug('port', 'plug-1');
    for (const change of changes) tally.noteChange(change);
    expect(tally.appliedTwice).toBe(twice);
  });
});

it('counts are read from the metrics of a server, over all occasions', () => {
  const text = [
    '# TYPE port_status_judged_total counter',
    'port_status_judged_total{verdict="stale",occasion="arrival"} 3',
    'port_status_judged_total{verdict="stale",occasion="look"} 1',
    'port_status_judged_total{verdict="misplaced",occasion="sweep"} 2',
    'port_status_judged_total{verdict="applied",occasion="arrival"} 90',
    'port_status_takeovers_total 1',
  ].join('\n');
  expect(readCounts(parseSamples(text))).toEqual({ stale: 4, misplaced: 2, takeovers: 1 });
});

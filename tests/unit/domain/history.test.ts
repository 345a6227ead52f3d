import { describe, expect, it } from 'vitest';
import { MOST_ENTRIES, noteJudgement, readHistory, settledLine } from '../../../src/domain/history.js';
import type { NewEntry } from '../../../src/domain/history.js';

const NOTHING = { deleteL2: false, insertL2: false };

const UP: NewEntry = {
  atMs: 1_795_405_481_123,
  status: 'ACTIVE',
  attachment: 'b3193b14-5a2f-40f0-8b05-fdb430d77edb',
  verdict: 'applied',
  reason: 'written',
  mode: 'write',
  effects: { ...NOTHING, deleteL2: true, write: 'ACTIVE' },
  word: 'plugged',
  server: 'server 1',
};

/** The same state, judged again. */
const AGAIN: NewEntry = { ...UP, atMs: UP.atMs + 1000, reason: 'agrees', effects: NOTHING, word: undefined };

const FIRST = noteJudgement('', UP);

describe('a history', () => {
  it('holds a judgement in one short line, and tells it again', () => {
    expect(FIRST).toBe('1795405481123 A b3193b14 applied written wdA p server 1\n');
    expect(readHistory(FIRST)).toEqual([
      { ...UP, kind: 'judged', attachment: 'b3193b14', effects: 'DELETE-L2 ACTIVE' },
    ]);
  });

  it('holds how a debt to Nova ended, behind its time', () => {
    const atMs = UP.atMs + 50;
    const told = `${FIRST}${atMs}${settledLine('plugged', 'told', undefined)}`;
    expect(readHistory(`${told}${atMs}${settledLine('failed', 'refused', 404)}`).slice(1)).toEqual([
      { kind: 'settled', atMs, word: 'plugged', result: 'told', code: undefined },
      { kind: 'settled', atMs, word: 'failed', result: 'refused', code: 404 },
    ]);
  });

  it('takes no entry for a repetition, also behind an answer of Nova', () => {
    expect(noteJudgement(FIRST, AGAIN)).toBe(FIRST);
    const told = `${FIRST}1795405481170${settledLine('plugged', 'told', undefined)}`;
    expect(noteJudgement(told, AGAIN)).toBe(told);
  });

  it.each<[string, Partial<NewEntry>]>([
    ['status', { status: 'DOWN' }],
    ['attachment', { attachment: 'another' }],
    ['verdict', { verdict: 'blocked', reason: 'blocks-left' }],
    ['mode', { mode: 'observe' }],
    ['effects that were written once more', { effects: UP.effects }],
    ['word that became owed', { word: 'plugged' }],
  ])('takes an entry for another %s', (_what, more) => {
    expect(readHistory(noteJudgement(FIRST, { ...AGAIN, ...more }))).toHaveLength(2);
  });

  it('takes an entry for another reason of the same verdict, but for "agrees" after "written"', () => {
    const early: NewEntry = { ...AGAIN, verdict: 'early', reason: 'unbound' };
    const history = noteJudgement('', early);
    expect(noteJudgement(history, early)).toBe(history);
    expect(readHistory(noteJudgement(history, { ...early, reason: 'fresh-build' }))).toHaveLength(2);
  });

  it('takes one entry for what observe mode would write again and again', () => {
    const observed: NewEntry = { ...UP, mode: 'observe', word: undefined };
    const history = noteJudgement('', observed);
    expect(noteJudgement(history, { ...observed, atMs: UP.atMs + 1 })).toBe(history);
    expect(readHistory(noteJudgement(history, { ...observed, effects: NOTHING }))).toHaveLength(2);
  });

  it('keeps the newest entries, however many come', () => {
    let history = '';
    for (let n = 0; n < 3 * MOST_ENTRIES; n++) {
      history = noteJudgement(history, { ...UP, atMs: n });
      history += `${n}${settledLine('plugged', 'told', undefined)}`;
      expect(history.split('\n').length - 1).toBeLessThanOrEqual(MOST_ENTRIES + 1);
    }
    const entries = readHistory(history);
    expect(entries).toHaveLength(MOST_ENTRIES);
    expect(entries.map(({ atMs }) => atMs)).toEqual(
      Array.from({ length: MOST_ENTRIES }, (_, i) => 3 * MOST_ENTRIES - MOST_ENTRIES / 2 + Math.floor(i / 2)),
    );
  });

  it('stays readable whatever an attachment is made of', () => {
    const history = noteJudgement('', { ...UP, attachment: 'a b\n\u0000\ud800é' });
    expect(readHistory(history)).toMatchObject([{ attachment: 'a?b????', server: 'server 1' }]);
    expect(readHistory(noteJudgement('', { ...UP, attachment: '' }))).toMatchObject([{ attachment: '-' }]);
  });

  it('passes over lines that it can not read', () => {
    const strange = [
      '',
      'x',
      '1 Z of a later version',
      '1 A',
      'NaN A a applied written w - s',
      '1 N',
      '1 N x told -',
      '1 N p told x',
      '1 constructor a applied written w - s',
      '1 A a applied written toString - s',
      '1 A a applied written',
    ].join('\n');
    expect(readHistory(strange)).toEqual([]);
    expect(readHistory(`${strange}\n${FIRST}`)).toHaveLength(1);
    expect(readHistory(noteJudgement(`${strange}\n`, UP))).toHaveLength(1);
  });
});

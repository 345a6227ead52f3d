import { describe, expect, it } from 'vitest';
import type { Entry, History } from '../../../src/simulator/histories/history.js';
import { complaintsAbout } from '../../../src/simulator/histories/oracle.js';

const CREATED: Entry = { kind: 'created', port: 'p', owner: 'network:dhcp', device: '' };
const SAID: Entry = {
  ...{ kind: 'said', port: 'p', chassis: 'cn1', revision: 5 },
  ...{ status: 'ACTIVE', attachment: 'a' },
};
const ACKNOWLEDGED: Entry = {
  kind: 'acknowledged',
  port: 'p',
  chassis: 'cn1',
  incarnation: 'i',
  revision: 5,
};

function numbered(epoch: number): Extract<Entry, { readonly kind: 'numbered' }> {
  return { kind: 'numbered', incarnation: 'i', epoch };
}

function judged(epoch: number): Extract<Entry, { readonly kind: 'judged' }> {
  return {
    ...{ kind: 'judged', port: 'p', chassis: 'cn1', epoch, revision: 5, status: 'ACTIVE', attachment: 'a' },
    ...{ owed: 0, word: null, owedAt: null },
  };
}

function undone(was: Extract<Entry, { readonly kind: 'undone' }>['was']): Entry {
  return { kind: 'undone', was };
}

function complaintsOf(...entries: readonly Entry[]): readonly string[] {
  const history: History = {
    entries: [CREATED, SAID, ...entries],
    quietFrom: entries.length + 2,
    wires: [{ port: 'p', chassis: 'cn1', status: 'ACTIVE', attachment: 'a' }],
    ...{ ports: [], bindings: [], ledger: [], claims: [], pending: [], deaths: [], alarms: [] },
    now: 0,
  };
  return complaintsAbout(history);
}

describe('the oracle, of a report that was acknowledged', () => {
  it('is content where it was judged', () => {
    expect(complaintsOf(numbered(2), judged(2), ACKNOWLEDGED)).toEqual([]);
  });

  it('is content where its incarnation has no number, and another report was judged', () => {
    expect(complaintsOf(judged(1), ACKNOWLEDGED)).toEqual([]);
  });

  it('complains where it was not, or only under an older number', () => {
    const complaint = [expect.stringContaining('acknowledged and not judged')];
    expect(complaintsOf(ACKNOWLEDGED)).toEqual(complaint);
    expect(complaintsOf(numbered(2), ACKNOWLEDGED)).toEqual(complaint);
    expect(complaintsOf(judged(1), numbered(2), ACKNOWLEDGED)).toEqual(complaint);
  });

  it('is content where the ledger lost what it judged, and numbered the incarnation anew', () => {
    const lost = [undone(numbered(2)), undone(judged(2))];
    expect(complaintsOf(...lost, ACKNOWLEDGED, numbered(3), judged(3))).toEqual([]);
    expect(complaintsOf(...lost, numbered(3), ACKNOWLEDGED)).toEqual([]);
    expect(complaintsOf(judged(1), undone(numbered(2)), ACKNOWLEDGED)).toEqual([]);
  });
});

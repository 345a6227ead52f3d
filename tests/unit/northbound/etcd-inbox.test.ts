import { describe, expect, it } from 'vitest';
import { Inbox } from '../../../src/northbound/etcd/inbox.js';
import type { KeyValue } from '../../../src/northbound/etcd/operations.js';

describe('the inbox of a membership', () => {
  it('gives what was listed in the order in which it came into being', () => {
    const inbox = listed([pointer('a', 5), pointer('b', 3), pointer('c', 4, 9)]);
    expect(take(inbox)).toEqual(['b', 'c', 'a']);
  });

  it('gives what is told later after what was listed, also where it was told before the listing came', () => {
    const inbox = new Inbox();
    inbox.beginListing();
    inbox.noteWrite('z', 9);
    inbox.list([pointer('a', 3)]);
    inbox.noteWrite('y', 10);
    expect(take(inbox)).toEqual(['a', 'z', 'y']);
  });

  it('keeps the position of what is written again while it waits', () => {
    const inbox = listed([pointer('a', 3), pointer('b', 4)]);
    inbox.noteWrite('a', 9);
    expect(take(inbox)).toEqual(['a', 'b']);
  });

  it('gives again at the end what was written again after it was given', () => {
    const inbox = listed([pointer('a', 3), pointer('b', 4)]);
    take(inbox, 1);
    inbox.noteWrite('c', 8);
    inbox.noteWrite('a', 9);
    expect(take(inbox)).toEqual(['b', 'c', 'a']);
  });

  it('gives nothing again that is told twice, or late', () => {
    const inbox = listed([pointer('a', 3)]);
    take(inbox);
    inbox.noteWrite('a', 3);
    inbox.noteGiven('a', { key, stored: pointer('a', 3, 7), record: undefined });
    inbox.noteWrite('a', 7);
    expect(take(inbox)).toEqual([]);
  });

  it('forgets what was removed, unless it was written since', () => {
    const inbox = listed([pointer('a', 3), pointer('b', 4, 8)]);
    inbox.noteRemoval('a', 5);
    inbox.noteRemoval('b', 6);
    expect(take(inbox)).toEqual(['b']);
  });

  it('has to be listed again for what was taken and not given', () => {
    const inbox = listed([pointer('a', 3), pointer('b', 4)]);
    inbox.putBack(inbox.take(1));
    expect(inbox.isComplete).toBe(false);
    relist(inbox, [pointer('a', 3), pointer('b', 4)]);
    expect(take(inbox)).toEqual(['a', 'b']);
  });

  it('lists what was written again since it was given after what came before that', () => {
    const inbox = listed([pointer('a', 3)]);
    take(inbox);
    inbox.relist();
    relist(inbox, [pointer('a', 3, 9), pointer('b', 4), pointer('c', 10)]);
    expect(take(inbox)).toEqual(['b', 'a', 'c']);
  });

  it('keeps 20,000 pointers, and lists what comes beyond them', () => {
    const inbox = listed([]);
    for (let number = 1; number <= 20_001; number++) inbox.noteWrite(`p${number}`, number);
    expect(inbox.isComplete).toBe(false);
    expect(take(inbox, 30_000)).toHaveLength(20_000);
    relist(inbox, [pointer('p1', 1), pointer('p20001', 20_001)]);
    expect(take(inbox)).toEqual(['p20001']);
  });

  it('holds back what belongs behind pointers that a listing did not bring', () => {
    const inbox = listed([pointer('a', 1)]);
    take(inbox);
    inbox.relist();
    const first = Array.from({ length: 20_000 }, (_, index) => pointer(`b${index}`, index + 2));
    relist(inbox, [pointer('a', 1, 90_000), ...first]);
    expect(inbox.isComplete).toBe(false);
    expect(take(inbox, 30_000)).not.toContain('a');
  });

  it('gives everything again after an answer that may have been lost', () => {
    const inbox = listed([pointer('a', 3)]);
    take(inbox);
    inbox.forgetAll();
    relist(inbox, [pointer('a', 3)]);
    expect(take(inbox)).toEqual(['a']);
  });
});

const key = { chassis: 'cn1', portId: 'a' };

function pointer(name: string, created: number, modified = created): KeyValue {
  return { key: name, value: '', created, modified, lease: '0' };
}

function listed(pointers: readonly KeyValue[]): Inbox {
  const inbox = new Inbox();
  relist(inbox, pointers);
  return inbox;
}

function relist(inbox: Inbox, pointers: readonly KeyValue[]): void {
  inbox.beginListing();
  inbox.list(pointers);
}

function take(inbox: Inbox, max = 100): readonly string[] {
  return inbox.take(max).map((taken) => taken.pointer);
}

import { describe, expect, it } from 'vitest';
import { Inbox } from '../../../src/northbound/redis/inbox.js';

describe('what a registration has heard of its topic in Redis', () => {
  it('is nothing at first, and then whoever receives has to ask', () => {
    const inbox = new Inbox();
    expect([inbox.knowsMore, inbox.mayKnowMore]).toEqual([false, true]);
    expect(inbox.take(10)).toEqual([]);
  });

  it('is all there is when an answer left nothing and nobody rang since it was asked for', () => {
    const inbox = emptied();
    expect([inbox.knowsMore, inbox.mayKnowMore]).toEqual([false, false]);
  });

  it('is not all when a ring came between question and answer', () => {
    const inbox = new Inbox();
    inbox.take(10);
    inbox.rung('');
    inbox.left([]);
    expect(inbox.mayKnowMore).toBe(true);
  });

  it('is what the ring names', () => {
    const inbox = emptied();
    inbox.rung('cn1/a\ncn1/b');
    expect(texts(inbox.take(10))).toEqual(['cn1/a', 'cn1/b']);
  });

  it('stays what the answer left, in its order, when somebody rings for the newest alone', () => {
    const inbox = new Inbox();
    inbox.take(1);
    inbox.left(['cn1/a', 'cn1/b'].map((text) => Buffer.from(text)));
    inbox.rung('cn1/c');
    expect(texts(inbox.take(10))).toEqual(['cn1/a', 'cn1/b']);
    expect(inbox.mayKnowMore).toBe(false); // the answer to what was taken names the rest
  });

  it('is nothing again after an answer was lost', () => {
    const inbox = emptied();
    inbox.rung('cn1/a');
    inbox.forget();
    expect([inbox.knowsMore, inbox.mayKnowMore]).toEqual([false, true]);
  });
});

function emptied(): Inbox {
  const inbox = new Inbox();
  inbox.take(10);
  inbox.left([]);
  return inbox;
}

function texts(pointers: readonly Buffer[]): readonly string[] {
  return pointers.map((pointer) => pointer.toString());
}

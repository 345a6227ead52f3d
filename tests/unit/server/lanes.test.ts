import { describe, expect, it } from 'vitest';
import { Lanes } from '../../../src/server/lanes.js';
import { portIdOf } from '../../support/neutron-rows.js';

const never = new AbortController().signal;

function word(
  number: number,
  revision: number,
  chassis = 'cn1',
): { portId: string; chassis: string; revision: number } {
  return { portId: portIdOf(number), chassis, revision };
}

describe('lanes', () => {
  it('keep all words of a port in one lane, whichever chassis says them', async () => {
    const lanes = new Lanes<ReturnType<typeof word>>(2, 100);
    for (const number of [1, 2, 3, 4])
      for (const chassis of ['cn1', 'cn2']) lanes.put(word(number, 1, chassis));
    const [{ items: first }, { items: second }] = [await lanes.take(4, never), await lanes.take(4, never)];
    const ports = (items: typeof first): Set<string> => new Set(items.map(({ portId }) => portId));
    expect(first.length + second.length).toBe(8);
    expect([...ports(first)].filter((port) => ports(second).has(port))).toEqual([]);
  });

  it('put a newer word in the place of one that waits', async () => {
    const lanes = new Lanes<ReturnType<typeof word>>(1, 100);
    for (const item of [word(1, 1), word(2, 2), word(1, 3)]) lanes.put(item);
    expect((await lanes.take(100, never)).items).toEqual([word(1, 3), word(2, 2)]);
  });

  it('give no more at once than they are asked for, the longest waiting first', async () => {
    const lanes = new Lanes<ReturnType<typeof word>>(1, 100);
    for (const number of [1, 2, 3]) lanes.put(word(number, number));
    {
      using batch = await lanes.take(2, never);
      expect(batch.items).toEqual([word(1, 1), word(2, 2)]);
    }
    expect((await lanes.take(2, never)).items).toEqual([word(3, 3)]);
  });

  it('have whoever fills them wait while they are full', async () => {
    const lanes = new Lanes<ReturnType<typeof word>>(1, 2);
    for (const number of [1, 2]) lanes.put(word(number, number));
    let hasRoom = false;
    const waiting = lanes.untilRoom(never).then(() => (hasRoom = true));
    await Promise.resolve();
    expect(hasRoom).toBe(false);
    await lanes.take(1, never);
    await waiting;
    expect(hasRoom).toBe(true);
  });

  it('are as full of words that took the place of others', async () => {
    const lanes = new Lanes<ReturnType<typeof word>>(1, 2);
    for (const revision of [1, 2]) lanes.put(word(1, revision));
    const waiting = lanes.untilRoom(never);
    expect((await lanes.take(1, never)).items).toEqual([word(1, 2)]);
    await waiting;
  });

  it('wake whoever waits for a word', async () => {
    const lanes = new Lanes<ReturnType<typeof word>>(1, 2);
    const taken = lanes.take(10, never);
    lanes.put(word(1, 1));
    expect((await taken).items).toEqual([word(1, 1)]);
  });

  it('are all taken by one worker while little waits, and by several where there is more than one batch', async () => {
    const lanes = new Lanes<ReturnType<typeof word>>(2, 100);
    for (const number of [1, 2, 3, 4]) lanes.put(word(number, 1));
    {
      using all = await lanes.take(100, never);
      expect(all.items).toHaveLength(4);
    }
    for (const number of [1, 2, 3, 4]) lanes.put(word(number, 2));
    const both = [await lanes.take(3, never), await lanes.take(3, never)];
    expect(both.map(({ items }) => items.length)).toEqual([2, 2]);
  });

  it('give nothing of a port to another worker until the first is done with it', async () => {
    const lanes = new Lanes<ReturnType<typeof word>>(2, 100);
    lanes.put(word(1, 1));
    const first = await lanes.take(100, never);
    lanes.put(word(1, 2));
    let isGiven = false;
    const second = lanes.take(100, never).then(({ items }) => {
      isGiven = true;
      return items;
    });
    await new Promise(setImmediate);
    expect(isGiven).toBe(false);
    first[Symbol.dispose]();
    expect(await second).toEqual([word(1, 2)]);
  });
});

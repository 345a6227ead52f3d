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
    const [first, second] = [await lanes.take(0, 100, never), await lanes.take(1, 100, never)];
    const ports = (items: typeof first): Set<string> => new Set(items.map(({ portId }) => portId));
    expect(first.length + second.length).toBe(8);
    expect([...ports(first)].filter((port) => ports(second).has(port))).toEqual([]);
  });

  it('put a newer word in the place of one that waits', async () => {
    const lanes = new Lanes<ReturnType<typeof word>>(1, 100);
    for (const item of [word(1, 1), word(2, 2), word(1, 3)]) lanes.put(item);
    expect(await lanes.take(0, 100, never)).toEqual([word(1, 3), word(2, 2)]);
  });

  it('give no more at once than they are asked for, the longest waiting first', async () => {
    const lanes = new Lanes<ReturnType<typeof word>>(1, 100);
    for (const number of [1, 2, 3]) lanes.put(word(number, number));
    expect(await lanes.take(0, 2, never)).toEqual([word(1, 1), word(2, 2)]);
    expect(await lanes.take(0, 2, never)).toEqual([word(3, 3)]);
  });

  it('have whoever fills them wait while they are full', async () => {
    const lanes = new Lanes<ReturnType<typeof word>>(1, 2);
    for (const number of [1, 2]) lanes.put(word(number, number));
    let hasRoom = false;
    const waiting = lanes.untilRoom(never).then(() => (hasRoom = true));
    await Promise.resolve();
    expect(hasRoom).toBe(false);
    await lanes.take(0, 1, never);
    await waiting;
    expect(hasRoom).toBe(true);
  });

  it('are as full of words that took the place of others', async () => {
    const lanes = new Lanes<ReturnType<typeof word>>(1, 2);
    for (const revision of [1, 2]) lanes.put(word(1, revision));
    const waiting = lanes.untilRoom(never);
    expect(await lanes.take(0, 1, never)).toEqual([word(1, 2)]);
    await waiting;
  });

  it('wake whoever waits for a word', async () => {
    const lanes = new Lanes<ReturnType<typeof word>>(1, 2);
    const taken = lanes.take(0, 10, never);
    lanes.put(word(1, 1));
    expect(await taken).toEqual([word(1, 1)]);
  });
});

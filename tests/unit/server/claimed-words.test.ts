import { describe, expect, it } from 'vitest';
import type { ClaimedDebt } from '../../../src/neutron/neutron.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { ClaimedWords } from '../../../src/server/claimed-words.js';
import { deviceOf, portIdOf } from '../../support/neutron-rows.js';

const never = new AbortController().signal;
const random = seededRandom(1);
const clock = new VirtualClock();

function debts(count: number): readonly ClaimedDebt[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ portId: portIdOf(index), chassis: 'cn1', word: 'plugged', serverId: deviceOf(index), owedNo: 1 },
    ...{ untold: 1, toldPlugged: false, attempts: 0, wasRefused: false, ageMs: 0, isInCall: true },
  }));
}

describe('claimed words', () => {
  it('hold a claim open from its beginning to its end', () => {
    const words = new ClaimedWords();
    const nonce = words.begin(random);
    expect([...words.executing]).toEqual([nonce]);
    words.add(nonce, debts(1), 0);
    expect([...words.executing]).toEqual([nonce]);
    words.end([nonce]);
    expect([...words.executing]).toEqual([]);
  });

  it('end a claim that came to nothing at once', () => {
    const words = new ClaimedWords();
    words.add(words.begin(random), [], 0);
    expect([...words.executing]).toEqual([]);
  });

  it('are told together, as many as one request takes', async () => {
    const words = new ClaimedWords();
    const nonces = [300, 100, 200].map((count) => {
      const nonce = words.begin(random);
      words.add(nonce, debts(count), 0);
      return nonce;
    });
    const first = await words.next(500, clock, never);
    expect(first.nonces).toEqual(nonces.slice(0, 2));
    expect(first.debts).toHaveLength(400);
    expect((await words.next(500, clock, never)).nonces).toEqual(nonces.slice(2));
  });

  it('keep the words of one claim together, however many they are', async () => {
    const words = new ClaimedWords();
    words.add(words.begin(random), debts(700), 0);
    expect((await words.next(500, clock, never)).debts).toHaveLength(700);
  });

  it('have been owed since they were claimed', async () => {
    const words = new ClaimedWords();
    words.add(words.begin(random), debts(1), clock.monotonicMs());
    await clock.advance(1500);
    expect((await words.next(500, clock, never)).debts).toMatchObject([{ ageMs: 1500 }]);
  });

  it('are full when Nova is slower than we, and no longer once it has heard them', async () => {
    const words = new ClaimedWords();
    for (let claim = 0; claim < 4; claim++) words.add(words.begin(random), debts(500), 0);
    expect(words.isFull).toBe(true);
    await words.next(500, clock, never);
    expect(words.isFull).toBe(false);
  });
});

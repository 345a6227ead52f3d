import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';

/** A clock, and sleepers that note when they wake. */
function aClock() {
  const clock = new VirtualClock(1000);
  const woken: string[] = [];
  const sleep = (name: string, ms: number): void => {
    void clock.sleep(ms).then(() => woken.push(`${name} at ${clock.now()}`));
  };
  return { clock, woken, sleep };
}

describe('A virtual clock', () => {
  it('stands still until it is moved', async () => {
    const { clock, woken, sleep } = aClock();
    sleep('a', 0);

    await clock.turn();

    expect([clock.now(), clock.monotonicMs(), woken]).toEqual([1000, 1000, []]);
  });

  it('wakes sleepers in the order of their moments, each at its own', async () => {
    const { clock, woken, sleep } = aClock();
    sleep('late', 30);
    sleep('early', 10);
    sleep('later', 31);

    await clock.advance(30);

    expect(woken).toEqual(['early at 1010', 'late at 1030']);
    expect(clock.now()).toBe(1030);
  });

  it('wakes sleepers of one moment in the order of their calls', async () => {
    const { clock, woken, sleep } = aClock();
    sleep('first', 10);
    sleep('second', 10);
    await clock.advance(5);
    sleep('third', 5);

    await clock.advance(5);

    expect(woken).toEqual(['first at 1010', 'second at 1010', 'third at 1010']);
  });

  it('wakes on its way who falls asleep on its way', async () => {
    const { clock, woken } = aClock();
    const beat = async (): Promise<void> => {
      for (;;) {
        await clock.sleep(10);
        woken.push(`${clock.now()}`);
      }
    };
    void beat();

    await clock.advance(35);

    expect(woken).toEqual(['1010', '1020', '1030']);
  });

  it('lets what a sleeper set going run to its end, turns included, before the next wakes', async () => {
    const { clock, woken, sleep } = aClock();
    const gather = async (): Promise<void> => {
      await clock.sleep(10);
      await clock.turn();
      await clock.turn();
      woken.push(`gathered at ${clock.now()}`);
    };
    void gather();
    sleep('next', 20);

    await clock.advance(20);

    expect(woken).toEqual(['gathered at 1010', 'next at 1020']);
  });

  it('lets its wall clock be set without moving durations or waking anybody', async () => {
    const { clock, woken, sleep } = aClock();
    sleep('a', 10);

    clock.step(-86_400_000);
    await clock.turn();

    expect([clock.now(), clock.monotonicMs(), woken]).toEqual([1000 - 86_400_000, 1000, []]);
  });

  it('treats a negative sleep as one that is due', async () => {
    const { clock, woken, sleep } = aClock();
    sleep('a', -5);

    await clock.advance(0);

    expect(woken).toEqual(['a at 1000']);
  });
});

describe('A virtual sleep', () => {
  it('ends with the reason when its signal is aborted', async () => {
    const { clock } = aClock();
    const stop = new AbortController();
    const sleeping = clock.sleep(10, { signal: stop.signal });
    const reason = new Error('enough');

    stop.abort(reason);

    await expect(sleeping).rejects.toBe(reason);
  });

  it('ends at once when its signal was aborted before', async () => {
    const { clock } = aClock();
    const reason = new Error('enough');

    await expect(clock.sleep(10, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('is not disturbed by an abort after it woke', async () => {
    const { clock } = aClock();
    const stop = new AbortController();
    const sleeping = clock.sleep(10, { signal: stop.signal });
    await clock.advance(10);

    stop.abort(new Error('too late'));

    await expect(sleeping).resolves.toBeUndefined();
  });
});

import { beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { Rush } from '../../../src/server/rush.js';

let clock: VirtualClock;
let rush: Rush;
beforeEach(() => {
  clock = new VirtualClock();
  rush = new Rush(clock);
});

/** How long it lets a rush pass that is noted every so many milliseconds, for so long. */
async function passesAfter(everyMs: number, forMs: number): Promise<number> {
  const startMs = clock.monotonicMs();
  let afterMs = NaN;
  void rush.letPass(new AbortController().signal).then(() => (afterMs = clock.monotonicMs() - startMs));
  for (let ms = 0; ms < forMs; ms += everyMs) {
    rush.note();
    await clock.advance(everyMs);
  }
  await clock.advance(2000);
  return afterMs;
}

describe('a rush', () => {
  it('that is none keeps nobody waiting', async () => {
    expect(await passesAfter(1, 0)).toBe(0);
  });

  it('is over a quarter of a second after it was noted last', async () => {
    rush.note();
    expect(await passesAfter(100, 400)).toBe(550);
  });

  it('that has no end is waited for for a second', async () => {
    rush.note();
    expect(await passesAfter(200, 60_000)).toBe(1000);
  });

  it('is not waited for by whoever is to stop', async () => {
    rush.note();
    const stop = new AbortController();
    const passed = rush.letPass(stop.signal);
    stop.abort(new Error('stopped'));
    await expect(passed).rejects.toThrow('stopped');
  });
});

import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/runtime/clock.js';

const AN_HOUR_MS = 3_600_000;

describe("The machine's clock", () => {
  it('tells milliseconds since 1970', () => {
    const before = Date.now();

    const now = systemClock.now();

    expect(now).toBeGreaterThanOrEqual(before);
    expect(now).toBeLessThanOrEqual(Date.now());
  });

  it('never goes back when it measures durations', () => {
    const readings = Array.from({ length: 1000 }, () => systemClock.monotonicMs());

    expect(readings).toEqual(readings.toSorted((a, b) => a - b));
  });

  it('sleeps and wakes', async () => {
    await expect(systemClock.sleep(1)).resolves.toBeUndefined();
  });

  it('throws the reason when a sleep is aborted', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const sleeping = systemClock.sleep(AN_HOUR_MS, { signal: stop.signal });

    stop.abort(reason);

    await expect(sleeping).rejects.toBe(reason);
  });

  it('throws the reason at once when the signal was aborted before', async () => {
    const reason = new Error('enough');

    await expect(systemClock.sleep(AN_HOUR_MS, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it('lets everything that is ready run once in a turn', async () => {
    const ran: string[] = [];
    void Promise.resolve()
      .then(() => ran.push('a'))
      .then(() => ran.push('b'));

    await systemClock.turn();

    expect(ran).toEqual(['a', 'b']);
  });
});

import { describe, expect, it } from 'vitest';
import { Doorbell } from '../../../src/runtime/doorbell.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';

const never = new AbortController().signal;

/** Whether somebody at the door has been woken by now. */
async function isWoken(waiting: Promise<void>): Promise<boolean> {
  let woken = false;
  void waiting.then(() => (woken = true));
  await new VirtualClock().turn();
  return woken;
}

describe('A doorbell', () => {
  it('lets its waiter wait until it rings', async () => {
    const bell = new Doorbell();
    const waiting = bell.wait({ signal: never });
    expect(await isWoken(waiting)).toBe(false);

    bell.ring();

    expect(await isWoken(waiting)).toBe(true);
  });

  it('keeps a ring that came while nobody waited', async () => {
    const bell = new Doorbell();

    bell.ring();

    expect(await isWoken(bell.wait({ signal: never }))).toBe(true);
  });

  it('makes several rings one', async () => {
    const bell = new Doorbell();
    bell.ring();
    bell.ring();
    await bell.wait({ signal: never });

    expect(await isWoken(bell.wait({ signal: never }))).toBe(false);
  });

  it('is used up by the waiter that it woke', async () => {
    const bell = new Doorbell();
    const waiting = bell.wait({ signal: never });
    bell.ring();
    await waiting;

    expect(await isWoken(bell.wait({ signal: never }))).toBe(false);
  });

  it('wakes one waiter after the other, once per ring', async () => {
    const bell = new Doorbell();
    let woken = 0;
    const work = async (): Promise<void> => {
      for (;;) {
        await bell.wait({ signal: never });
        woken++;
      }
    };
    void work();

    for (let ring = 0; ring < 3; ring++) {
      bell.ring();
      await new VirtualClock().turn();
    }

    expect(woken).toBe(3);
  });

  it('wakes all who wait', async () => {
    const bell = new Doorbell();
    const waiting = [bell.wait({ signal: never }), bell.wait({ signal: never })];

    bell.ring();

    expect(await Promise.all(waiting.map(isWoken))).toEqual([true, true]);
  });

  it('throws the reason when the wait is aborted', async () => {
    const stop = new AbortController();
    const reason = new Error('enough');
    const waiting = new Doorbell().wait({ signal: stop.signal });

    stop.abort(reason);

    await expect(waiting).rejects.toBe(reason);
  });

  it('throws the reason at once when it was aborted before, and keeps the ring for the next', async () => {
    const bell = new Doorbell();
    const reason = new Error('enough');
    bell.ring();

    await expect(bell.wait({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);

    expect(await isWoken(bell.wait({ signal: never }))).toBe(true);
  });

  it('rings for the next waiter after one gave up', async () => {
    const bell = new Doorbell();
    const stop = new AbortController();
    const gaveUp = bell.wait({ signal: stop.signal });
    stop.abort(new Error('enough'));
    await gaveUp.catch(() => undefined);

    bell.ring();

    expect(await isWoken(bell.wait({ signal: never }))).toBe(true);
  });
});

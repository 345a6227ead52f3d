import { describe, expect, it } from 'vitest';
import { isStop, together } from '../../../src/runtime/together.js';
import type { Task } from '../../../src/runtime/together.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';

const boom = new Error('boom');
const never = new AbortController().signal;

/** Works until it is told to stop, then needs a turn to end; notes its end. */
function aWorker(ended: string[], name: string, clock = new VirtualClock()): Task {
  return async (signal) => {
    try {
      await clock.sleep(1000, { signal });
    } finally {
      await clock.turn();
      ended.push(name);
    }
  };
}

const failing: Task = async () => Promise.reject(boom);

describe('A group of tasks', () => {
  it('ends when all have done their work', async () => {
    const done: string[] = [];

    await together([async () => void done.push('a'), async () => void done.push('b')], { signal: never });

    expect(done).toEqual(['a', 'b']);
  });

  it('of none ends at once', async () => {
    await expect(together([], { signal: never })).resolves.toBeUndefined();
  });

  it('goes on when one has done its work', async () => {
    const clock = new VirtualClock();
    const ended: string[] = [];
    const running = together([async () => undefined, aWorker(ended, 'worker', clock)], { signal: never });
    await clock.turn();
    expect(ended).toEqual([]);

    await clock.advance(1000);
    await running;

    expect(ended).toEqual(['worker']);
  });

  it('throws the error of the first that fails, after all others have been stopped and have ended', async () => {
    const ended: string[] = [];

    const running = together([aWorker(ended, 'a'), failing, aWorker(ended, 'b')], { signal: never });

    await expect(running).rejects.toBe(boom);
    expect(ended.toSorted()).toEqual(['a', 'b']);
  });

  it('throws the first error also where stopping makes others fail', async () => {
    const clumsy: Task = async (signal) => {
      await new VirtualClock().sleep(1000, { signal }).catch(() => {
        throw new Error('fell over while stopping');
      });
    };

    await expect(together([clumsy, failing], { signal: never })).rejects.toBe(boom);
  });

  it('counts a task that throws before its first wait', async () => {
    const ended: string[] = [];
    const broken: Task = () => {
      throw boom;
    };

    await expect(together([aWorker(ended, 'a'), broken], { signal: never })).rejects.toBe(boom);
    expect(ended).toEqual(['a']);
  });

  it('ends without an error when it is stopped from outside, after all have ended', async () => {
    const stop = new AbortController();
    const ended: string[] = [];
    const running = together([aWorker(ended, 'a'), aWorker(ended, 'b')], { signal: stop.signal });

    stop.abort(new Error('shutting down'));
    await running;

    expect(ended.toSorted()).toEqual(['a', 'b']);
  });

  it('tells a failure that comes while it is being stopped from outside', async () => {
    const stop = new AbortController();
    const clumsy: Task = async (signal) => {
      await new VirtualClock().sleep(1000, { signal }).catch(() => {
        throw boom;
      });
    };
    const running = together([clumsy], { signal: stop.signal });

    stop.abort(new Error('shutting down'));

    await expect(running).rejects.toBe(boom);
  });
});

describe('Many tasks', () => {
  it('each wait for several things at once, and Node does not take that for a leak', async () => {
    const stop = new AbortController();
    const clock = new VirtualClock();
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    const patient: Task = async (signal) => {
      await Promise.all([1, 2, 3].map((ms) => clock.sleep(ms, { signal })));
    };

    const running = together(Array<Task>(9).fill(patient), { signal: stop.signal });
    await clock.advance(3);
    await running;

    process.off('warning', note);
    expect(warnings).toEqual([]);
  });
});

describe('An error', () => {
  it("is a stop when it is the aborted signal's own reason", () => {
    expect(isStop(boom, AbortSignal.abort(boom))).toBe(true);
  });

  it('is a failure when it is any other, or when nothing was aborted', () => {
    expect(isStop(boom, AbortSignal.abort(new Error('another')))).toBe(false);
    expect(isStop(undefined, never)).toBe(false);
  });
});

import { expect, it } from 'vitest';
import { PortStatusError } from '../../../src/domain/errors.js';
import { Question } from '../../../src/runtime/question.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';

/** A dependency that answers when a test says so. */
class Slow {
  calls = 0;
  settle: (work: Promise<string>) => void = () => undefined;

  ask(): Promise<string> {
    this.calls += 1;
    return new Promise((resolve) => (this.settle = resolve));
  }
}

it('gives the answer, and asks anew the next time', async () => {
  let calls = 0;
  const question = new Question(async () => ++calls, new VirtualClock());
  expect([await question.put(100), await question.put(100)]).toEqual([
    { kind: 'answer', value: 1 },
    { kind: 'answer', value: 2 },
  ]);
});

it('is silence where no answer comes in time, and holds one call however often it is put', async () => {
  const [clock, slow] = [new VirtualClock(), new Slow()];
  const question = new Question(() => slow.ask(), clock);
  for (let times = 0; times < 3; times++) {
    const reply = question.put(100);
    await clock.advance(100);
    expect(await reply).toEqual({ kind: 'silence' });
  }
  const late = question.put(100);
  slow.settle(Promise.resolve('at last'));
  expect([await late, slow.calls]).toEqual([{ kind: 'answer', value: 'at last' }, 1]);
});

it('is asked anew where one hangs for longer than any dependency lets it', async () => {
  const [clock, slow] = [new VirtualClock(), new Slow()];
  const question = new Question(() => slow.ask(), clock);
  for (let minutes = 0; minutes < 3; minutes++) {
    const reply = question.put(100);
    await clock.advance(60_000);
    expect(await reply).toEqual({ kind: 'silence' });
  }
  expect(slow.calls).toBe(3);
});

it('is asked anew where the one that hung has failed', async () => {
  const [clock, slow] = [new VirtualClock(), new Slow()];
  const question = new Question(() => slow.ask(), clock);
  const error = new PortStatusError('UNAVAILABLE', 'no; mend it');
  const first = question.put(100);
  slow.settle(Promise.reject(error));
  expect(await first).toEqual({ kind: 'failure', error });
  const second = question.put(100);
  slow.settle(Promise.resolve('yes'));
  expect([await second, slow.calls]).toEqual([{ kind: 'answer', value: 'yes' }, 2]);
});

it('throws what nobody foresaw', async () => {
  const question = new Question(() => Promise.reject(new TypeError('a bug')), new VirtualClock());
  await expect(question.put(100)).rejects.toThrow('a bug');
});

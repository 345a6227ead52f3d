import { expect, it } from 'vitest';
import { untilStopped } from '../../../src/runtime/until-stopped.js';

it('gives what the work gives, and throws what it throws', async () => {
  const { signal } = new AbortController();
  await expect(untilStopped(Promise.resolve(1), signal)).resolves.toBe(1);
  await expect(untilStopped(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
});

it('throws the signal’s reason while the work hangs, and passes over what becomes of the work', async () => {
  const stop = new AbortController();
  let fail: (error: Error) => void = () => undefined;
  const hanging = new Promise<never>((_, reject) => (fail = reject));
  const waiting = untilStopped(hanging, stop.signal);
  stop.abort(new Error('stopped'));
  await expect(waiting).rejects.toThrow('stopped');
  fail(new Error('late'));
  await expect(untilStopped(hanging, stop.signal)).rejects.toThrow('stopped');
});

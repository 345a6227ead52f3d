import { expect, it } from 'vitest';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { direct } from '../../../src/simulator/demo/director.js';
import type { Scene } from '../../../src/simulator/demo/plot.js';

const stop = (vm: number): Scene => ({ kind: 'stop', vm });

function* endless(): Generator<Scene> {
  for (let vm = 1; ; vm++) yield stop(vm);
}

it('as many scenes are played as rate and duration say, each at its time', async () => {
  const clock = new VirtualClock(0);
  const times: number[] = [];
  const play = async (): Promise<void> => void times.push(clock.monotonicMs());
  const done = direct(endless(), { clock, durationMs: 1000, rate: 4 }, play, new AbortController().signal);
  await clock.advance(1000);
  await done;
  expect(times).toEqual([0, 250, 500, 750]);
});

it('a scene waits for the one before of the same VM, and for no other', async () => {
  const clock = new VirtualClock(0);
  const begun: number[] = [];
  const play = async ({ vm }: Scene): Promise<void> => {
    begun.push(vm);
    if (vm === 1) await clock.sleep(5000);
  };
  const scenes = [stop(1), stop(1), stop(2)];
  const done = direct(scenes, { clock, durationMs: 9000, rate: 10 }, play, new AbortController().signal);
  await clock.advance(1000);
  expect(begun).toEqual([1, 2]);
  await clock.advance(10_000);
  await done;
  expect(begun).toEqual([1, 2, 1]);
});

it('a scene that throws ends it all with its error', async () => {
  const clock = new VirtualClock(0);
  const play = (): Promise<void> => Promise.reject(new Error('the port is gone'));
  const done = direct(endless(), { clock, durationMs: 1e6, rate: 1 }, play, new AbortController().signal);
  await expect(Promise.all([done, clock.advance(5000)])).rejects.toThrow('the port is gone');
});

it('no scene begins after the signal has said stop', async () => {
  const clock = new VirtualClock(0);
  const begun: number[] = [];
  const play = async ({ vm }: Scene): Promise<void> => void begun.push(vm);
  const ended = new AbortController();
  const done = direct(endless(), { clock, durationMs: 1e6, rate: 1 }, play, ended.signal);
  const verdict = expect(done).rejects.toThrow('enough');
  await clock.advance(1500);
  ended.abort(new Error('enough'));
  await clock.advance(5000);
  await verdict;
  expect(begun).toEqual([1, 2]);
});

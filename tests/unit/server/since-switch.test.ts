import type { Histogram } from 'prom-client';
import { expect, it } from 'vitest';
import type { RunningServer } from '../../../src/simulator/histories/rig.js';
import { UNREACHABLE } from '../../../src/simulator/histories/rig.js';
import { openBench } from './server-bench.js';

interface Measured {
  readonly commit: readonly [sum: number, count: number];
  readonly nova: readonly [sum: number, count: number];
}

const NOTHING: Measured = { commit: [0, 0], nova: [0, 0] };

async function measured({ metrics }: RunningServer): Promise<Measured> {
  return { commit: await sumAndCount(metrics.switchToCommit), nova: await sumAndCount(metrics.switchToNova) };
}

async function sumAndCount(histogram: Histogram): Promise<readonly [number, number]> {
  const { values } = await histogram.get();
  const end = (suffix: string): number =>
    values.find(({ metricName }) => metricName?.endsWith(suffix) === true)?.value ?? NaN;
  return [end('_sum'), end('_count')];
}

it('measures from the switch to the commit, and on to Nova’s answer', async () => {
  const bench = await openBench();
  await bench.plant(1);
  const seen = { observedAt: bench.clock.now() };
  await bench.pass(2000);
  await bench.say(1, 'ACTIVE', seen);
  bench.nova.answer = async () => {
    await bench.clock.sleep(500);
    return { kind: 'accepted' };
  };
  const server = await bench.start('A');
  await bench.pass(1000);
  expect(await measured(server)).toEqual({ commit: [2, 1], nova: [2.5, 1] });
});

it('measures from the debt to Nova’s answer, not to the question alone', async () => {
  const bench = await openBench();
  await bench.plant(1);
  bench.nova.answer = async () => {
    await bench.clock.sleep(500);
    return { kind: 'accepted' };
  };
  const { metrics } = await bench.start('A');
  await bench.say(1, 'ACTIVE');
  await bench.pass(1000);
  expect(await sumAndCount(metrics.novaLatency)).toEqual([0.5, 1]);
});

it('measures to Nova’s answer also where the word was said again, out of the ledger', async () => {
  const bench = await openBench();
  await bench.plant(1);
  const server = await bench.start('A');
  bench.nova.answer = async () => UNREACHABLE;
  await bench.say(1, 'ACTIVE');
  await bench.pass(30_000);
  expect(await measured(server)).toMatchObject({ nova: [0, 0] });
  bench.nova.answer = async () => ({ kind: 'accepted' });
  await bench.pass(15_000);
  const { nova } = await measured(server);
  expect(nova).toEqual([expect.toSatisfy((sum: number) => sum > 30 && sum <= 45), 1]);
});

it('measures nothing below 0 where the clock of the chassis is ahead', async () => {
  const bench = await openBench();
  await bench.plant(1);
  const server = await bench.start('A');
  await bench.say(1, 'ACTIVE', { observedAt: bench.clock.now() + 60_000 });
  await bench.pass(100);
  expect(await measured(server)).toEqual({ commit: [0, 1], nova: [0, 1] });
});

it('measures to Nova’s answer of "plugged" alone', async () => {
  const bench = await openBench();
  await bench.plant(1);
  const server = await bench.start('A');
  await bench.say(1, 'ERROR');
  await bench.pass(100);
  expect(bench.nova.wordsOf(1)).toEqual(['failed']);
  expect(await measured(server)).toEqual({ commit: [0, 1], nova: [0, 0] });
});

it('leaves out what an agent repeats that it saw long ago', async () => {
  const bench = await openBench();
  await bench.plant(1);
  const server = await bench.start('A');
  await bench.say(1, 'ACTIVE', { observedAt: bench.clock.now() - 86_400_000 });
  await bench.pass(100);
  expect(bench.nova.wordsOf(1)).toEqual(['plugged']);
  expect(await measured(server)).toEqual(NOTHING);
});

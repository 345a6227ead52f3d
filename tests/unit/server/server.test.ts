import { expect, it } from 'vitest';
import { RECONCILE_MS } from '../../../src/simulator/histories/rig.js';
import { openBench } from './server-bench.js';

it('writes what a chassis says, tells Nova and acknowledges', async () => {
  const bench = await openBench();
  await bench.plant(1);
  await bench.start('A');
  await bench.say(1, 'ACTIVE');
  await bench.pass(10);
  expect(await bench.port(1)).toMatchObject({ status: 'ACTIVE', revision: 4, blocks: '' });
  expect(bench.nova.wordsOf(1)).toEqual(['plugged']);
  expect((await bench.record(1))?.place).toBeUndefined();
});

it('measures from the publication of a report to the commit of its verdict', async () => {
  const bench = await openBench();
  await bench.plant(1);
  await bench.say(1, 'ACTIVE');
  await bench.pass(2000);
  const { metrics } = await bench.start('A', {}, (process) =>
    process.intercept('judge', async (proceed) => {
      await bench.clock.sleep(500);
      return proceed();
    }),
  );
  await bench.pass(600);
  const { values } = await metrics.commitLatency.get();
  expect(values.find(({ metricName }) => metricName?.endsWith('_sum'))?.value).toBe(2.5);
});

it('tells all others with its heartbeats what it has done since it started, also after it registered anew', async () => {
  const bench = await openBench();
  await bench.plant(1);
  await bench.plant(2);
  await bench.start('A');
  const seen = async (): Promise<unknown> => (await bench.northbound.listeners())[0]?.done;
  await bench.say(1, 'ACTIVE');
  await bench.pass(2000);
  expect(await seen()).toEqual({ forMs: expect.any(Number) as number, received: 1, written: 1, told: 1 });
  bench.database.loseEverything();
  await bench.pass(5000);
  await bench.say(2, 'ACTIVE');
  await bench.pass(2000);
  expect(await seen()).toMatchObject({ received: 2, written: 2, told: 2 });
});

it('keeps nothing of a port that was deleted and whose chassis said DOWN', async () => {
  const bench = await openBench();
  await bench.plant(1);
  await bench.start('A');
  await bench.say(1, 'ACTIVE');
  await bench.say(1, 'DOWN');
  await bench.pass(100);
  await bench.rows.run('delete from ports');
  await bench.pass(RECONCILE_MS);
  expect(await bench.ledger(1)).toBeUndefined();
});

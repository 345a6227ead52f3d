import { expect, it } from 'vitest';
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

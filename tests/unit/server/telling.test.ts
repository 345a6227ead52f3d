import { expect, it } from 'vitest';
import { portIdOf } from '../../support/neutron-rows.js';
import { openBench } from './server-bench.js';

it('tells Nova of a port while what it answered for others is waited for', async () => {
  const bench = await openBench();
  await bench.plant(1);
  await bench.plant(2);
  await bench.start('A');
  const answers: (() => void)[] = [];
  bench.nova.answer = async () => {
    await new Promise<void>((resolve) => answers.push(resolve));
    return { kind: 'accepted' };
  };

  await bench.say(1, 'ACTIVE');
  await bench.pass(100);
  await bench.say(2, 'ACTIVE');
  await bench.pass(100);

  expect(bench.nova.said.map(({ tag }) => tag)).toEqual([portIdOf(1), portIdOf(2)]);

  for (const answer of answers) answer();
  await bench.pass(100);

  expect(await bench.ledger(1)).toMatchObject({ owed_no: 1, told_no: 1 });
  expect(await bench.ledger(2)).toMatchObject({ owed_no: 1, told_no: 1 });
});

import { expect, it } from 'vitest';
import { deviceOf, portIdOf } from '../../support/neutron-rows.js';
import { openBench } from './server-bench.js';

it('counts no answer of Nova for a port that was gone meanwhile and is known anew', async () => {
  const bench = await openBench();
  await bench.plant(1);
  await bench.start('A');
  let answer: () => void = () => undefined;
  bench.nova.answer = async () => {
    await new Promise<void>((resolve) => (answer = resolve));
    return { kind: 'accepted' };
  };
  await bench.say(1, 'ACTIVE', { chassis: 'cn2' });
  await bench.say(1, 'ACTIVE');
  await bench.pass(100);
  expect(bench.nova.said).toMatchObject([{ server_uuid: deviceOf(1), tag: portIdOf(1) }]);
  await bench.rows.run('delete from standardattributes where id = 10001');
  await bench.say(1, 'DOWN');
  await bench.pass(100);
  expect(await bench.ledger(1)).toBeUndefined();
  await bench.say(1, 'ACTIVE', { attachment: 'another' });
  await bench.pass(100);
  answer();
  await bench.pass(100);
  expect(await bench.ledger(1)).toMatchObject({ owed_no: 0, told_no: 0 });
});

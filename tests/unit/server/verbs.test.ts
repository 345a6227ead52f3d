import { expect, it } from 'vitest';
import { encodeReport } from '../../../src/domain/wire.js';
import { CHANGES, RECONCILE_MS } from '../../../src/simulator/histories/servers.js';
import { VERBS } from '../../../src/simulator/histories/verbs.js';
import { portIdOf } from '../../support/neutron-rows.js';
import { openBench } from './server-bench.js';

it('lets servers die at every verb that they call in a life in which they have to call nearly all they know', async () => {
  const bench = await openBench();
  await bench.plant(1);
  await bench.plant(3);
  const { process, stop } = await bench.start('A', CHANGES);
  await bench.say(3, 'ACTIVE');
  const report = await bench.say(1, 'ACTIVE');
  const unreadable = { ...report, portId: portIdOf(2), revision: report.revision + 1 };
  await bench.publish({ ...encodeReport(unreadable, 1), body: '' });
  await bench.complete();
  await bench.pass(0);
  await bench.say(3, 'DOWN');
  await bench.rows.run("insert into alembic_version values ('migrated')");
  await bench.pass(RECONCILE_MS);
  stop();
  await bench.pass(0);
  const seldom = 'putBack';
  expect([...process.called, seldom].sort()).toEqual([...VERBS].sort());
});

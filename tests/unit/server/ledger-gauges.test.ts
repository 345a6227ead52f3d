import { expect, it } from 'vitest';
import { PortStatusError } from '../../../src/domain/errors.js';
import { PATIENCE_MS } from '../../../src/runtime/check.js';
import { samplesOf, sumOf } from '../../../src/runtime/samples.js';
import { forever } from '../../../src/simulator/histories/process.js';
import { UNREACHABLE } from '../../../src/simulator/histories/rig.js';
import type { RunningServer } from '../../../src/simulator/histories/rig.js';
import { openBench } from './server-bench.js';
import type { ServerBench } from './server-bench.js';

const GAUGES = ['port_status_nova_owed', 'port_status_nova_oldest_owed_seconds', 'port_status_quarantine'];
const KEPT_MS = 10_000;

/** The gauges that have a value, each with it. */
async function read({ metrics }: RunningServer): Promise<Readonly<Record<string, number>>> {
  const samples = await samplesOf(metrics.registry);
  expect(sumOf(samples, 'port_status_listener_joined')).toBe(1);
  return Object.fromEntries(
    samples.filter(({ name }) => GAUGES.includes(name)).map(({ name, value }) => [name, value]),
  );
}

async function startOne(): Promise<{ readonly bench: ServerBench; readonly server: RunningServer }> {
  const bench = await openBench();
  await bench.plant(1);
  return { bench, server: await bench.start('A') };
}

it('shows what Nova is owed, for how long, and what is in quarantine', async () => {
  const { bench, server } = await startOne();
  bench.nova.answer = async () => UNREACHABLE;
  await bench.say(1, 'ACTIVE');
  const entry = { portId: 'x', chassis: 'cn1', revision: 1, incarnation: 'i', body: '', reason: '' };
  await bench.neutron.quarantine([{ ...entry, server: 'A' }], 10);
  await bench.pass(20_000);
  expect(await read(server)).toEqual({
    port_status_nova_owed: 1,
    port_status_nova_oldest_owed_seconds: 20,
    port_status_quarantine: 1,
  });
});

it('asks once in ten seconds, however many want to know and whatever the answer is', async () => {
  const { bench, server } = await startOne();
  let calls = 0;
  server.process.intercept('counts', (proceed) => {
    calls += 1;
    return calls === 1 ? Promise.reject(new PortStatusError('UNAVAILABLE', 'no; mend it')) : proceed();
  });
  for (let ms = 0; ms < 2 * KEPT_MS; ms += 500) {
    await Promise.all([read(server), read(server)]);
    await bench.pass(500);
  }
  expect(calls).toBe(2);
});

it('shows none of them while the database is unreachable, and all others', async () => {
  const { bench, server } = await startOne();
  expect(Object.keys(await read(server))).toHaveLength(GAUGES.length);
  server.process.intercept('counts', () => Promise.reject(new PortStatusError('UNAVAILABLE', 'no; mend it')));
  await bench.pass(KEPT_MS);
  expect(await read(server)).toEqual({});
  server.process.free('counts');
  await bench.pass(KEPT_MS);
  expect(Object.keys(await read(server))).toHaveLength(GAUGES.length);
});

it('waits 2 s for a database that never answers, and then no more for a while', async () => {
  const { bench, server } = await startOne();
  server.process.intercept('counts', forever);
  const first = read(server);
  await bench.pass(PATIENCE_MS);
  expect([await first, await read(server)]).toEqual([{}, {}]);
});

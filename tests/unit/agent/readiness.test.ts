import { readFileSync } from 'node:fs';
import { beforeEach, expect, it } from 'vitest';
import { PATIENCE_MS } from '../../../src/runtime/check.js';
import type { Check } from '../../../src/runtime/check.js';
import { forever } from '../../../src/simulator/histories/process.js';
import { ROOT } from '../../support/root.js';
import { activePort, activePorts, AgentBench, HEARTBEAT_MS, portId } from './agent-bench.js';

let bench: AgentBench;

beforeEach(async () => {
  bench = new AgentBench();
  bench.switch.plug(activePort(1));
  await bench.start();
});

async function checks(): Promise<readonly Check[]> {
  await bench.settle(); // what the switch said just now has been heard
  const found = bench.agent?.checks();
  await bench.settle();
  await bench.pass(PATIENCE_MS);
  return (await found) ?? [];
}

/** The names of the checks that do not hold. */
async function failing(): Promise<readonly string[]> {
  const all = (await checks()).filter(({ ok }) => !ok);
  for (const { nextStep } of all) expect(nextStep).toMatch(/\w/);
  return all.map(({ name }) => name);
}

it('is ready where every port is published and both ends answer, however long nothing changed', async () => {
  expect(await failing()).toEqual([]);
  await bench.pass(3_600_000);
  expect(await failing()).toEqual([]);
});

it('is not ready while the switch is lost', async () => {
  bench.switch.lose();
  expect(await failing()).toEqual(['switch']);
  bench.switch.reconnect();
  expect(await failing()).toEqual([]);
});

it('is not ready within 2 s of the switch falling silent, before its connection is given up', async () => {
  bench.switch.probe = forever;
  const found = bench.agent?.checks();
  await bench.pass(PATIENCE_MS);
  expect((await found)?.[0]).toMatchObject({
    name: 'switch',
    ok: false,
    detail: `no answer within ${PATIENCE_MS} ms`,
  });
});

it('is not ready while the northbound database does not answer, nor once heartbeats are missed', async () => {
  bench.northbound.cut();
  expect(await failing()).toEqual(['northbound']);
  await bench.pass(3 * HEARTBEAT_MS);
  expect(await failing()).toEqual(['northbound', 'registration']);
  bench.northbound.restore();
  await bench.pass(5000);
  expect(await failing()).toEqual([]);
});

it('is not ready within 2 s of the northbound database falling silent', async () => {
  bench.northbound.incarnation = forever;
  bench.northbound.keepChassis = forever;
  await bench.pass(10);
  expect(await failing()).toEqual(['northbound']);
});

it('is not ready where a report has waited for half a minute, and says for how long', async () => {
  bench.northbound.publish = forever;
  bench.switch.plug(activePort(2));
  await bench.pass(20_000);
  expect(await failing()).toEqual([]);
  await bench.pass(20_000);
  expect(await failing()).toEqual(['outbasket']);
  bench.switch.plug(activePort(2, { attachment: 'again' }), activePort(3));
  const outbasket = (await checks()).find(({ name }) => name === 'outbasket');
  expect(outbasket).toMatchObject({ detail: '2 ports wait to be published' });
  expect(outbasket?.ageMs).toBeGreaterThan(40_000);
});

it('is not ready while the guard holds back what one look turned DOWN', async () => {
  bench.switch.plug(...activePorts(100));
  await bench.pass(1000);
  bench.switch.lose();
  bench.switch.unplug(...Array.from({ length: 50 }, (_, number) => portId(number)));
  bench.switch.reconnect();
  await bench.settle();
  expect(await failing()).toEqual([]); // what was complete before stays stored so
  await bench.stop();
  await bench.start();
  expect(await failing()).toEqual(['complete']);
});

it('has every check in the manual, and the manual no other', async () => {
  const page = readFileSync(new URL('docs/operating/health.md', ROOT), 'utf8');
  const [, ofAgent = ''] = /## An agent\n(.*?)\n## /s.exec(page) ?? [];
  const names = [...ofAgent.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(names).toEqual((await checks()).map(({ name }) => name));
});

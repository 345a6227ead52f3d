import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PortStatusError } from '../../../src/domain/errors.js';
import type { ErrorCode } from '../../../src/domain/errors.js';
import { PATIENCE_MS } from '../../../src/runtime/check.js';
import { judgeReadiness } from '../../../src/server/checks.js';
import { newHealth } from '../../../src/server/health.js';
import type { Health } from '../../../src/server/health.js';
import { forever } from '../../../src/simulator/histories/process.js';
import { TTL_MS } from '../../../src/simulator/histories/rig.js';
import type { RunningServer } from '../../../src/simulator/histories/rig.js';
import { ROOT } from '../../support/root.js';
import { openBench } from './server-bench.js';
import type { ServerBench } from './server-bench.js';

function refuse({ process }: RunningServer, verb: string, code: ErrorCode): void {
  process.intercept(verb, () => Promise.reject(new PortStatusError(code, 'no; mend it')));
}

/** The names of the checks that do not hold: those that make the server unready, and those that are shown. */
async function failing(bench: ServerBench, server: RunningServer): Promise<object> {
  const all = Object.values(await bench.checks(server)).filter(({ ok }) => !ok);
  for (const { nextStep } of all) expect(nextStep).toMatch(/\w/);
  const names = (required: boolean): readonly string[] =>
    all.filter((check) => check.required === required).map(({ name }) => name);
  return { unready: names(true), shown: names(false) };
}

const NONE = { unready: [], shown: [] };

async function startOne(): Promise<{ readonly bench: ServerBench; readonly server: RunningServer }> {
  const bench = await openBench();
  await bench.plant(1);
  return { bench, server: await bench.start('A') };
}

describe('a server that has nothing to do', () => {
  it('is ready because it asked, not because something was well once', async () => {
    const { bench, server } = await startOne();
    await bench.pass(3_600_000);
    expect(await failing(bench, server)).toEqual(NONE);
    for (const { name, ageMs } of Object.values(await bench.checks(server)))
      if (['northbound', 'neutron', 'registration', 'nova'].includes(name))
        expect([name, ageMs ?? Infinity]).toEqual([name, expect.toSatisfy((age: number) => age <= TTL_MS)]);
  });

  it('is not ready within 2 s of Neutron’s database falling silent, long before its connections are given up', async () => {
    const { bench, server } = await startOne();
    for (const verb of ['isPaused', 'takeDue', 'isAnyDebtDue', 'heads', 'sweep', 'judge', 'check'])
      server.process.intercept(verb, forever);
    await bench.pass(10);
    const found = server.server.checks();
    await bench.pass(PATIENCE_MS);
    expect((await found).find(({ name }) => name === 'neutron')).toMatchObject({
      ok: false,
      detail: `no answer within ${PATIENCE_MS} ms`,
    });
  });

  it('is not ready within 2 s of the northbound database falling silent, before its registration lapses', async () => {
    const { bench, server } = await startOne();
    await bench.pass(TTL_MS + 10);
    for (const verb of ['heartbeat', 'listeners', 'adopt', 'chassis', 'reports', 'incarnation', 'join'])
      server.process.intercept(verb, forever);
    expect(await failing(bench, server)).toEqual({ unready: ['northbound'], shown: [] });
    await bench.pass(TTL_MS);
    expect(await failing(bench, server)).toEqual({
      unready: ['northbound', 'registration', 'receive'],
      shown: [],
    });
  });

  it('holds one call of a database that never answers, however often it is asked', async () => {
    const { bench, server } = await startOne();
    let calls = 0;
    server.process.intercept('isPaused', () => {
      calls += 1;
      return forever();
    });
    for (let times = 0; times < 5; times++) await bench.checks(server);
    expect(calls).toBe(1);
  });
});

it('counts an answer to anything as one where the database has too much to do for the question', async () => {
  const { bench, server } = await startOne();
  server.process.intercept('isPaused', forever);
  server.process.intercept('listeners', forever);
  expect(await failing(bench, server)).toEqual(NONE);
});

it('is not ready where a right is missing for writing, though reading goes on', async () => {
  const { bench, server } = await startOne();
  refuse(server, 'judge', 'RIGHTS');
  await bench.say(1, 'ACTIVE');
  await bench.pass(1000);
  expect(await failing(bench, server)).toEqual({ unready: ['neutron'], shown: [] });
});

it('is ready while an operator has paused all writing, says so at once, and lets reports wait', async () => {
  const { bench, server } = await startOne();
  await bench.neutron.setPaused(true);
  expect(await failing(bench, server)).toEqual({ unready: [], shown: ['writing'] });
  await bench.say(1, 'ACTIVE');
  await bench.pass(120_000);
  expect(await failing(bench, server)).toEqual({ unready: [], shown: ['writing'] });
  await bench.neutron.setPaused(false);
  await bench.pass(5000);
  expect(await failing(bench, server)).toEqual(NONE);
});

it('is not ready where reports have waited for half a minute, and says for how long', async () => {
  const { bench, server } = await startOne();
  server.process.intercept('judge', forever);
  await bench.say(1, 'ACTIVE');
  await bench.pass(20_000);
  expect(await failing(bench, server)).toEqual(NONE);
  await bench.pass(20_000);
  expect(await failing(bench, server)).toEqual({ unready: ['backlog'], shown: [] });
  expect((await bench.checks(server))['backlog']?.ageMs).toBeGreaterThan(40_000);
});

it('is not ready where its call for reports never comes back, though the database has some for it', async () => {
  const { bench, server } = await startOne();
  server.process.intercept('receive', forever);
  await bench.say(1, 'ACTIVE'); // the call under way takes it; the next one hangs
  await bench.pass(60_000);
  expect(await failing(bench, server)).toEqual(NONE);
  await bench.plant(2);
  await bench.say(2, 'ACTIVE');
  await bench.pass(40_000);
  expect(await failing(bench, server)).toEqual({ unready: ['receive', 'backlog'], shown: [] });
});

it('is not ready once it was told to leave, or while another has its name', async () => {
  const { bench, server } = await startOne();
  server.process.intercept('heartbeat', forever);
  await bench.start('A');
  expect(await failing(bench, server)).toHaveProperty('unready', expect.arrayContaining(['registration']));
});

describe('Nova', () => {
  it('that does not answer is shown, and does not make the server unready: statuses are written', async () => {
    const { bench, server } = await startOne();
    refuse(server, 'reach', 'UNAVAILABLE');
    expect(await failing(bench, server)).toEqual({ unready: [], shown: ['nova'] });
    server.process.free('reach');
    await bench.pass(10_000);
    expect(await failing(bench, server)).toEqual(NONE);
  });

  it('that never answers is shown by then, too', async () => {
    const { bench, server } = await startOne();
    server.process.intercept('reach', forever);
    expect(await failing(bench, server)).toEqual({ unready: [], shown: ['nova'] });
  });

  it.each(['RIGHTS', 'CONFIG'] as const)(
    'that refuses this server (%s) makes it unready: a roll-out stops at what was set up wrongly',
    async (code) => {
      const { bench, server } = await startOne();
      refuse(server, 'reach', code);
      expect(await failing(bench, server)).toEqual({ unready: ['nova'], shown: [] });
    },
  );

  it('is not asked while it takes words, and not again within ten seconds', async () => {
    const { bench, server } = await startOne();
    let asked = 0;
    server.process.intercept('reach', async (proceed) => {
      asked += 1;
      return proceed();
    });
    await bench.say(1, 'ACTIVE');
    await bench.pass(1000);
    await bench.checks(server);
    expect(asked).toBe(0);
    refuse(server, 'tell', 'UNAVAILABLE');
    await bench.pass(60_000);
    for (let times = 0; times < 4; times++) await bench.checks(server);
    expect(asked).toBe(1);
  });

  it('is nobody to a server that observes', async () => {
    const bench = await openBench();
    const server = await bench.start('A', { willWrite: false, mayWrite: () => false });
    expect(await failing(bench, server)).toEqual(NONE);
    expect((await bench.checks(server))['nova']?.detail).toContain('observe');
  });
});

it('has every check in the manual, and the manual no other', async () => {
  const { bench, server } = await startOne();
  const page = readFileSync(new URL('docs/operating/health.md', ROOT), 'utf8');
  const [, ofServer = ''] = /## A server\n(.*?)\n## /s.exec(page) ?? [];
  const names = [...ofServer.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
  expect(names).toEqual(Object.keys(await bench.checks(server)));
});

it.each([
  ['believes a list in which its registration is not', 100, false],
  ['does not, where it registered after that was asked for', 300, true],
])('%s', (_, sinceMs, ok) => {
  const identity = { id: 'A', ttlMs: TTL_MS, versions: [1], program: '1' };
  const health: Health = {
    ...newHealth(),
    registration: {
      ...{ member: { ...identity, generation: '2-b', incarnation: 'i' }, sinceMs, keptAtMs: sinceMs },
      receive: { askedAtMs: sinceMs, cameBackAtMs: sinceMs },
    },
  };
  const another = { ...identity, generation: '1-a', state: 'live', ageMs: 0, backlog: 0 } as const;
  const checks = judgeReadiness({
    ...{ askedAtMs: 200, nowMs: 400, health, willWrite: true },
    listeners: { kind: 'answer', value: [another] },
    isPaused: { kind: 'answer', value: false },
    nova: { kind: 'not-told' },
  });
  expect(checks.find(({ name }) => name === 'registration')?.ok).toBe(ok);
});

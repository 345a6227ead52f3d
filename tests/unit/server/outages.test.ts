import { describe, expect, it } from 'vitest';
import { PortStatusError } from '../../../src/domain/errors.js';
import type { ErrorCode } from '../../../src/domain/errors.js';
import { forever } from '../../../src/simulator/histories/process.js';
import { RECONCILE_MS, TTL_MS } from '../../../src/simulator/histories/rig.js';
import { openBench } from './server-bench.js';
import type { RunningServer } from '../../../src/simulator/histories/rig.js';
import type { ServerBench } from './server-bench.js';

function refuse(server: RunningServer, verb: string, code: ErrorCode): void {
  server.process.intercept(verb, () => Promise.reject(new PortStatusError(code, 'no; mend it')));
}

describe('an outage of the Neutron database', () => {
  it.each(['UNAVAILABLE', 'RIGHTS', 'LAYOUT'] as const)(
    '(%s) acknowledges nothing, puts nothing into quarantine, and ends by itself',
    async (code) => {
      const bench = await openBench();
      await bench.plant(1);
      const server = await bench.start('A');
      refuse(server, 'judge', code);
      await bench.say(1, 'ACTIVE');
      await bench.pass(60_000);
      expect((await bench.record(1))?.place).toEqual({ kind: 'topic', listener: 'A' });
      expect(await bench.neutron.quarantined()).toBe(0);
      expect((await bench.checks(server))['neutron']).toMatchObject({ ok: false, detail: 'no; mend it' });
      server.process.free('judge');
      await bench.pass(6000);
      expect(await bench.status(1)).toBe('ACTIVE');
      expect((await bench.checks(server))['neutron']).toMatchObject({ ok: true, detail: 'answers' });
    },
  );

  it('is logged when it begins and when it ends, also where other calls still get through', async () => {
    const bench = await openBench();
    await bench.plant(1);
    const server = await bench.start('A');
    refuse(server, 'judge', 'RIGHTS');
    await bench.say(1, 'ACTIVE');
    await bench.pass(2 * RECONCILE_MS);
    server.process.free('judge');
    await bench.pass(RECONCILE_MS);
    const events = server.log.map(({ event }) => String(event)).filter((event) => event.startsWith('outage'));
    expect(events).toEqual(['outage.began', 'outage.ended']);
  });

  it('does not make a server lapse: it keeps its registration where only some reports meet with trouble', async () => {
    const bench = await openBench();
    const server = await bench.start('A');
    refuse(server, 'judge', 'UNAVAILABLE');
    await bench.say(1, 'ACTIVE');
    await bench.pass(60_000);
    expect(await joinsOf(server)).toBe(1);
  });
});

it('leaves a port to the server that joined during an outage of another and tells Nova of it', async () => {
  const bench = await openBench();
  await bench.plant(1);
  const waiting = await bench.start('A');
  await bench.say(1, 'ACTIVE');
  await bench.pass(8000);
  refuse(waiting, 'claimDebts', 'UNAVAILABLE');
  await bench.say(1, 'DOWN');
  await bench.pass(8000);
  const told: string[] = [];
  bench.nova.answer = async (_, server) => {
    told.push(server);
    await bench.clock.sleep(20_000);
    return { kind: 'accepted' };
  };
  await bench.start('B');
  await bench.pass(500);
  waiting.process.free('claimDebts');
  await bench.pass(30_000);
  expect(told).toEqual(['B']);
});

/** Patience is 5 ttls; one more until the failure is seen, and one for another to adopt. */
const GIVE_UP_MS = 5 * TTL_MS;
const SHARED_OUT_MS = GIVE_UP_MS + 2 * TTL_MS;

/** Everything that this server asks of Neutron fails, as with a broken path of its own. */
function cutOff(server: RunningServer, cut: () => Promise<unknown>): void {
  for (const verb of NEUTRON_VERBS) server.process.intercept(verb, cut);
}

function reconnect(server: RunningServer): void {
  for (const verb of NEUTRON_VERBS) server.process.free(verb);
}

const NEUTRON_VERBS = ['check', 'heads', 'epochOf', 'judge', 'preview', 'takeDue', 'sweep', 'claimDebts'];
const refused = (): Promise<never> =>
  Promise.reject(new PortStatusError('UNAVAILABLE', 'connection refused; mend it'));

async function joinsOf({ metrics }: RunningServer): Promise<number | undefined> {
  return (await metrics.joins.get()).values[0]?.value;
}

/** Twenty ports say that they are up; each server has some in its topic. */
async function sayMany(bench: ServerBench): Promise<readonly number[]> {
  const numbers = Array.from({ length: 20 }, (_, index) => index + 1);
  for (const number of numbers) {
    await bench.plant(number);
    await bench.say(number, 'ACTIVE');
  }
  return numbers;
}

async function statusesOf(bench: ServerBench, numbers: readonly number[]): Promise<ReadonlySet<unknown>> {
  const statuses: unknown[] = [];
  for (const number of numbers) statuses.push(await bench.status(number));
  return new Set(statuses);
}

describe('a server that reaches the northbound database but not Neutron', () => {
  it.each([
    ['is refused', refused],
    ['hears nothing', forever],
  ])('and %s leaves its share to the others', async (_, cut) => {
    const bench = await openBench();
    const [cutServer, healthy] = [await bench.start('A'), await bench.start('B')];
    cutOff(cutServer, cut);
    const numbers = await sayMany(bench);
    if (cut === forever) refuse(cutServer, 'takeDue', 'UNAVAILABLE');
    await bench.pass(SHARED_OUT_MS);
    expect(await statusesOf(bench, numbers)).toEqual(new Set(['ACTIVE']));
    expect(await bench.northbound.listeners()).toMatchObject([{ id: 'B', state: 'live' }]);
    expect((await bench.checks(cutServer))['registration']).toMatchObject({ ok: false });
    expect(await joinsOf(healthy)).toBe(1);
  });

  it('joins again once it can work, and not before', async () => {
    const bench = await openBench();
    const server = await bench.start('A');
    refuse(server, 'judge', 'RIGHTS');
    refuse(server, 'check', 'RIGHTS');
    const numbers = await sayMany(bench);
    await bench.pass(20 * GIVE_UP_MS);
    expect(await joinsOf(server)).toBe(1);
    expect((await bench.record(1))?.place).toEqual({ kind: 'topic', listener: 'A' });
    for (const verb of ['judge', 'check']) server.process.free(verb);
    await bench.pass(6000);
    expect(await joinsOf(server)).toBe(2);
    expect(await statusesOf(bench, numbers)).toEqual(new Set(['ACTIVE']));
  });

  it('stays where that lasts for less than 5 ttls', async () => {
    const bench = await openBench();
    const server = await bench.start('A');
    for (let times = 0; times < 5; times++) {
      cutOff(server, refused);
      await bench.pass(GIVE_UP_MS - TTL_MS);
      reconnect(server);
      await bench.pass(6000);
    }
    expect(await joinsOf(server)).toBe(1);
  });

  it('leaves nothing undone where all are cut off: each leaves once, and the first that is back writes', async () => {
    const bench = await openBench();
    const servers = [await bench.start('A'), await bench.start('B'), await bench.start('C')];
    for (const server of servers) cutOff(server, refused);
    await bench.pass(SHARED_OUT_MS);
    const numbers = await sayMany(bench);
    expect(await bench.northbound.listeners()).toEqual([]);
    expect((await bench.record(1))?.place).toEqual({ kind: 'unassigned' });
    await bench.pass(20 * GIVE_UP_MS);
    for (const server of servers) reconnect(server);
    await bench.pass(10_000);
    expect(await statusesOf(bench, numbers)).toEqual(new Set(['ACTIVE']));
    expect(await Promise.all(servers.map(joinsOf))).toEqual([2, 2, 2]);
  });
});

describe('an outage of the northbound database', () => {
  it.each(['UNAVAILABLE', 'RIGHTS', 'LAYOUT'] as const)(
    '(%s) ends the loops when the lease is over, and the server joins again when it can',
    async (code) => {
      const bench = await openBench();
      await bench.plant(1);
      const server = await bench.start('A');
      for (const verb of ['heartbeat', 'receive', 'incarnation']) refuse(server, verb, code);
      await bench.pass(60_000);
      expect((await bench.checks(server))['registration']).toMatchObject({ ok: false });
      for (const verb of ['heartbeat', 'receive', 'incarnation']) server.process.free(verb);
      await bench.say(1, 'ACTIVE');
      await bench.pass(6000);
      expect(await bench.status(1)).toBe('ACTIVE');
    },
  );

  it('that refuses a registration again and again is not asked in a tight loop', async () => {
    const bench = await openBench();
    const server = await bench.start('A');
    refuse(server, 'receive', 'REGISTRATION_LOST');
    bench.database.loseEverything();
    await bench.pass(10_000);
    const joins = (await server.metrics.joins.get()).values[0]?.value;
    expect(joins).toBeGreaterThan(50);
    expect(joins).toBeLessThan(110);
  });
});

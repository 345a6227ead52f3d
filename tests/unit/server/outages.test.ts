import { describe, expect, it } from 'vitest';
import { PortStatusError } from '../../../src/domain/errors.js';
import type { ErrorCode } from '../../../src/domain/errors.js';
import { openBench, RECONCILE_MS } from './server-bench.js';
import type { RunningServer } from './server-bench.js';

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
      expect(server.server.checks()).toContainEqual({ name: 'neutron', ok: false, detail: 'no; mend it' });
      server.process.free('judge');
      await bench.pass(6000);
      expect(await bench.status(1)).toBe('ACTIVE');
      expect(server.server.checks()).toContainEqual({ name: 'neutron', ok: true, detail: 'answers' });
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

  it('does not make a server lapse: it keeps its registration', async () => {
    const bench = await openBench();
    const server = await bench.start('A');
    refuse(server, 'judge', 'UNAVAILABLE');
    await bench.say(1, 'ACTIVE');
    await bench.pass(60_000);
    expect((await server.metrics.joins.get()).values[0]?.value).toBe(1);
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
      expect(server.server.checks()).toContainEqual(expect.objectContaining({ name: 'joined', ok: false }));
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

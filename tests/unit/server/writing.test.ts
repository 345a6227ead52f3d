import { describe, expect, it } from 'vitest';
import { PortStatusError } from '../../../src/domain/errors.js';
import type { Case } from '../../../src/neutron/neutron.js';
import { portIdOf } from '../../support/neutron-rows.js';
import type { Process } from '../../../src/simulator/histories/process.js';
import { RECONCILE_MS } from '../../../src/simulator/histories/rig.js';
import type { RunningServer } from '../../../src/simulator/histories/rig.js';
import { openBench } from './server-bench.js';
import type { ServerBench } from './server-bench.js';

/** Lets no transaction through that holds one of these ports, as if its row could never be written. */
function poison(process: Process, ...numbers: readonly number[]): void {
  const ids = numbers.map(portIdOf);
  process.intercept('judge', (proceed, [cases]) =>
    (cases as readonly Case[]).some(({ portId }) => ids.includes(portId))
      ? Promise.reject(new PortStatusError('DATA', 'out of range'))
      : proceed(),
  );
}

/** As the servers of these tests are told. */
const MOST_IN_QUARANTINE = 3;

describe('a report that can never be written', () => {
  it('is put into quarantine with the reason, and the others of its batch are applied', async () => {
    const bench = await openBench();
    for (let n = 1; n <= 9; n++) {
      await bench.plant(n);
      await bench.say(n, 'ACTIVE');
    }
    const server = await bench.start('A', {}, (process) => poison(process, 5));
    await bench.pass(100);
    const statuses = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8, 9].map((n) => bench.status(n)));
    expect(statuses).toEqual(Array.from({ length: 9 }, (_, i) => (i === 4 ? 'DOWN' : 'ACTIVE')));
    const rows = await bench.rows.run('select port, reason, server from port_status_quarantine');
    expect(rows).toEqual([{ port: portIdOf(5), reason: 'out of range', server: 'A' }]);
    expect((await bench.record(5))?.place).toBeUndefined();
    expect(server.log).toContainEqual(
      expect.objectContaining({ event: 'report.quarantined', portId: portIdOf(5) }),
    );
  });

  it('costs no transaction once it is in quarantine, until its chassis says something newer', async () => {
    const bench = await openBench();
    await bench.plant(5);
    const tried: number[] = [];
    const { process } = await bench.start('A');
    process.intercept('judge', (_, [cases]) => {
      tried.push((cases as readonly Case[]).length);
      return Promise.reject(new PortStatusError('DATA', 'out of range'));
    });
    await bench.say(5, 'ACTIVE');
    await bench.pass(3 * RECONCILE_MS);
    expect(tried).toEqual([1]);
    process.free('judge');
    await bench.say(5, 'ACTIVE');
    await bench.pass(100);
    expect(await bench.status(5)).toBe('ACTIVE');
  });

  it('is put into quarantine again by the sweep where the database has lost it', async () => {
    const bench = await openBench();
    await bench.plant(5);
    await bench.start('A', {}, (process) => poison(process, 5));
    await bench.say(5, 'ACTIVE');
    await bench.pass(100);
    await bench.rows.run('delete from port_status_quarantine');
    await bench.pass(RECONCILE_MS);
    expect(await bench.rows.run('select port, reason from port_status_quarantine')).toEqual([
      { port: portIdOf(5), reason: 'out of range' },
    ]);
  });

  describe('and for which the quarantine has no room', () => {
    const BAD = [1, 2, 3, 4, 5, 6, 7, 8];

    async function overfill(): Promise<{ bench: ServerBench; server: RunningServer }> {
      const bench = await openBench();
      for (const n of [...BAD, 9]) await bench.plant(n);
      for (const n of BAD) await bench.say(n, 'ACTIVE');
      const server = await bench.start('A', {}, (process) => poison(process, ...BAD));
      await bench.pass(100);
      return { bench, server };
    }

    async function pending(bench: ServerBench): Promise<number> {
      const records = await Promise.all(BAD.map((n) => bench.record(n)));
      return records.filter((record) => record?.place !== undefined).length;
    }

    it('stays pending, holds up no other, and is told to the operator', async () => {
      const { bench, server } = await overfill();
      await bench.say(9, 'ACTIVE');
      await bench.pass(3 * RECONCILE_MS);
      expect(await bench.status(9)).toBe('ACTIVE');
      expect(await pending(bench)).toBeGreaterThanOrEqual(BAD.length - MOST_IN_QUARANTINE);
      expect(await bench.neutron.quarantined()).toBe(BAD.length - (await pending(bench)));
      const full = expect.stringContaining(`more than ${MOST_IN_QUARANTINE} reports`) as unknown;
      expect((await bench.checks(server))['quarantine']).toMatchObject({ ok: false, detail: full });
      expect(server.log.filter(({ event }) => event === 'quarantine.full')).toHaveLength(1);
    });

    it('is judged again, and written where the cause was mended', async () => {
      const { bench, server } = await overfill();
      server.process.free('judge');
      await bench.pass(2 * RECONCILE_MS);
      expect(await pending(bench)).toBe(0);
      const statuses = await Promise.all(BAD.map((n) => bench.status(n)));
      expect(statuses.filter((status) => status === 'ACTIVE').length).toBeGreaterThanOrEqual(
        BAD.length - MOST_IN_QUARANTINE,
      );
    });

    it('is not judged again where its chassis has said something newer', async () => {
      const { bench, server } = await overfill();
      server.process.free('judge');
      for (const n of BAD) await bench.say(n, 'DOWN');
      await bench.pass(100);
      const judged = await server.metrics.judged.get();
      await bench.pass(RECONCILE_MS);
      expect(await pending(bench)).toBe(0);
      expect(await server.metrics.judged.get()).toEqual(judged);
    });
  });

  it('leaves the quarantine when its chassis says something newer that can be written', async () => {
    const bench = await openBench();
    await bench.plant(5);
    const server = await bench.start('A', {}, (process) => poison(process, 5));
    await bench.say(5, 'ACTIVE');
    await bench.pass(RECONCILE_MS);
    expect(await bench.neutron.quarantined()).toBe(1);
    server.process.free('judge');
    await bench.say(5, 'DOWN');
    await bench.pass(RECONCILE_MS + 100);
    expect(await bench.neutron.quarantined()).toBe(0);
  });

  it('is put into quarantine when its body makes no sense or its port id is no UUID in lower case', async () => {
    const bench = await openBench();
    await bench.start('A');
    const common = { chassis: 'cn1', version: 1, isDown: false };
    const body = JSON.stringify({ status: 'ACTIVE', attachment: 'a', observedAt: 1 });
    await bench.publish(
      { ...common, portId: portIdOf(1), revision: 1, body: '{' },
      { ...common, portId: 'ABCDEF00-0000-4000-8000-000000000001', revision: 2, body },
    );
    await bench.pass(100);
    const rows = await bench.rows.run('select port, body from port_status_quarantine order by port');
    expect(rows).toEqual([
      { port: portIdOf(1), body: '{' },
      { port: 'ABCDEF00-0000-4000-8000-000000000001', body },
    ]);
    expect((await bench.record(1))?.place).toBeUndefined();
  });
});

describe('a report of a wire version that this server does not read', () => {
  it('stays pending, unacknowledged, and holds up no other', async () => {
    const bench = await openBench();
    await bench.plant(2);
    const { metrics } = await bench.start('A', { wireGreatest: 1 });
    const revision = await bench.nextRevision('cn1');
    await bench.publish({
      portId: portIdOf(1),
      chassis: 'cn1',
      revision,
      version: 2,
      isDown: false,
      body: '?',
    });
    await bench.say(2, 'ACTIVE');
    await bench.pass(1000);
    expect((await bench.record(1))?.place).toEqual({ kind: 'topic', listener: 'A' });
    expect(await bench.neutron.quarantined()).toBe(0);
    expect(await bench.status(2)).toBe('ACTIVE');
    expect((await metrics.unreadable.get()).values[0]?.value).toBe(1);
  });
});

describe('while an operator has paused all writing', () => {
  it('nothing is written, told or acknowledged, and resuming catches up', async () => {
    const bench = await openBench();
    await bench.plant(1);
    const server = await bench.start('A');
    await bench.neutron.setPaused(true);
    await bench.say(1, 'ACTIVE');
    await bench.pass(60_000);
    expect(await bench.port(1)).toMatchObject({ status: 'DOWN', revision: 3, blocks: 'L2' });
    expect(bench.nova.said).toEqual([]);
    expect((await bench.record(1))?.place).toEqual({ kind: 'topic', listener: 'A' });
    await bench.neutron.setPaused(false);
    await bench.pass(1100);
    expect(await bench.status(1)).toBe('ACTIVE');
    expect(bench.nova.wordsOf(1)).toEqual(['plugged']);
    const events = server.log
      .map(({ event }) => String(event))
      .filter((event) => event.startsWith('writing'));
    expect(events).toEqual(['writing.paused', 'writing.resumed']);
  });
});

describe('in observe mode', () => {
  it('no row of Neutron changes and Nova is told nothing; the ledger notes what would be written', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.start('A', { willWrite: false, mayWrite: () => false });
    await bench.say(1, 'ACTIVE');
    await bench.pass(2 * RECONCILE_MS);
    expect(await bench.port(1)).toMatchObject({ status: 'DOWN', revision: 3, blocks: 'L2' });
    expect(bench.nova.said).toEqual([]);
    expect(await bench.ledger(1)).toMatchObject({ mode: 'observe', effects: 'DELETE-L2 ACTIVE', owed_no: 0 });
    expect((await bench.record(1))?.place).toBeUndefined();
  });

  it('what was observed is written when the mode turns to write, without a new report', async () => {
    const bench = await openBench();
    await bench.plant(1);
    const observer = await bench.start('A', { willWrite: false, mayWrite: () => false });
    await bench.say(1, 'ACTIVE');
    await bench.pass(1000);
    observer.stop();
    await bench.pass(0);
    await bench.start('A');
    await bench.pass(RECONCILE_MS);
    expect(await bench.port(1)).toMatchObject({ status: 'ACTIVE', revision: 4, blocks: '' });
    expect(bench.nova.wordsOf(1)).toEqual(['plugged']);
  });

  it('a chassis that is not named in apply.chassis is observed, the named ones are written', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.plant(2, { host: 'cn2' });
    await bench.start('A', { mayWrite: (chassis) => chassis === 'cn2' });
    await bench.say(1, 'ACTIVE');
    await bench.say(2, 'ACTIVE', { chassis: 'cn2' });
    await bench.pass(2 * RECONCILE_MS);
    expect([await bench.status(1), await bench.status(2)]).toEqual(['DOWN', 'ACTIVE']);
    expect(bench.nova.said).toHaveLength(1);
  });
});

describe('when Neutron’s own migrations run beside us', () => {
  const migrated = async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.rows.run("insert into alembic_version values ('a1')");
    const server = await bench.start('A');
    await bench.pass(100);
    await bench.rows.run("update alembic_version set version_num = 'a2'");
    return { bench, server };
  };

  it('the columns are checked again, and writing goes on where they are what we know', async () => {
    const { bench, server } = await migrated();
    await bench.pass(RECONCILE_MS);
    await bench.say(1, 'ACTIVE');
    await bench.pass(100);
    expect(await bench.status(1)).toBe('ACTIVE');
    expect(server.log).toContainEqual(expect.objectContaining({ event: 'neutron.migrated', heads: 'a2' }));
  });

  it('nothing is written while they are not, and a server that lost its registration joins when they are', async () => {
    const { bench, server } = await migrated();
    server.process.intercept('check', () =>
      Promise.reject(new PortStatusError('LAYOUT', 'no column x; wait')),
    );
    await bench.pass(RECONCILE_MS);
    bench.database.loseEverything();
    await bench.say(1, 'ACTIVE');
    await bench.pass(RECONCILE_MS);
    expect(await bench.status(1)).toBe('DOWN');
    expect((await bench.record(1))?.place).toEqual({ kind: 'unassigned' });
    server.process.free('check');
    await bench.pass(7000);
    expect(await bench.status(1)).toBe('ACTIVE');
  });
});

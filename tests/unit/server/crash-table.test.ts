import type { Answer } from '../../../src/domain/debt.js';
import { describe, expect, it } from 'vitest';
import { forever } from '../../../src/simulator/histories/process.js';
import {
  HEARTBEAT_MS,
  RECONCILE_MS,
  TAKEOVER_MS,
  TTL_MS,
  UNREACHABLE,
} from '../../../src/simulator/histories/rig.js';
import { openBench } from './server-bench.js';
import type { ServerBench } from './server-bench.js';

describe('a server that dies', () => {
  it('before it commits leaves its reports pending, and another applies them', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.start('A', {}, (process) => process.dieAt('judge', 'before'));
    await bench.say(1, 'ACTIVE');
    await bench.start('B');
    await bench.pass(100);
    expect(await bench.status(1)).toBe('DOWN');
    await bench.pass(TAKEOVER_MS);
    expect(await bench.status(1)).toBe('ACTIVE');
    expect((await bench.record(1))?.place).toBeUndefined();
  });

  it('after it committed and before it acknowledged has its reports delivered again, which changes nothing', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.start('A', {}, (process) => process.dieAt('acknowledge', 'before'));
    await bench.say(1, 'ACTIVE');
    await bench.pass(100);
    const before = await bench.port(1);
    expect(before).toMatchObject({ status: 'ACTIVE', revision: 4 });
    const second = await bench.start('B');
    await bench.pass(TAKEOVER_MS);
    expect(await bench.port(1)).toEqual(before);
    expect((await bench.record(1))?.place).toBeUndefined();
    expect((await second.metrics.judged.get()).values).toMatchObject([
      { labels: { verdict: 'stale' }, value: 1 },
    ]);
  });

  it('after its commit, whose answer was lost, has done no more than its commit', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.start('A', {}, (process) => process.dieAt('judge', 'after'));
    await bench.say(1, 'ACTIVE');
    await bench.start('B');
    await bench.pass(TAKEOVER_MS);
    expect(await bench.port(1)).toMatchObject({ status: 'ACTIVE', revision: 4 });
    expect(bench.nova.wordsOf(1)).toEqual(['plugged']);
  });

  it('before Nova answers leaves a claim that is void, and another tells Nova', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.start('A', {}, (process) => process.dieAt('tell', 'before'));
    await bench.say(1, 'ACTIVE');
    await bench.start('B');
    await bench.pass(TTL_MS / 2);
    expect(bench.nova.wordsOf(1)).toEqual([]);
    await bench.pass(TAKEOVER_MS);
    expect(bench.nova.wordsOf(1)).toEqual(['plugged']);
  });

  it('after Nova heard and before that is recorded makes Nova hear twice, no more', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.start('A', {}, (process) => process.dieAt('recordAnswers', 'before'));
    await bench.say(1, 'ACTIVE');
    await bench.start('B');
    await bench.pass(TAKEOVER_MS + RECONCILE_MS);
    expect(bench.nova.wordsOf(1)).toEqual(['plugged', 'plugged']);
    expect(await bench.ledger(1)).toMatchObject({ owed_no: 1, told_no: 1, settle_at: null });
  });

  it('with a claim on a port that is then deleted leaves nothing behind', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.start('A', {}, (process) => process.dieAt('recordAnswers', 'before'));
    await bench.say(1, 'ACTIVE');
    await bench.pass(100);
    await bench.start('B');
    await bench.rows.run('delete from standardattributes where id = 10001');
    await bench.say(1, 'DOWN');
    await bench.pass(TAKEOVER_MS);
    expect(await bench.ledger(1)).toBeUndefined();
  });

  it('while rows wait to be looked at leaves them to the others', async () => {
    const bench = await openBench();
    await bench.plant(1, { blocks: ['DHCP', 'L2'] });
    await bench.start('A', {}, (process) => process.dieAt('preview', 'before'));
    await bench.say(1, 'ACTIVE');
    await bench.pass(1000);
    await bench.start('B');
    await bench.unblock(1, 'DHCP');
    await bench.pass(3100);
    expect(await bench.status(1)).toBe('ACTIVE');
  });
});

describe('a server that is paused past its ttl and resumes', () => {
  it('changes nothing that others wrote meanwhile: its transaction reads inside', async () => {
    const bench = await openBench();
    await bench.plant(1);
    const paused = await bench.start('A');
    paused.process.pauseAt('judge', 'before');
    await bench.say(1, 'DOWN');
    await bench.start('B');
    await bench.pass(TAKEOVER_MS);
    await bench.say(1, 'ACTIVE');
    await bench.pass(100);
    expect(await bench.port(1)).toMatchObject({ status: 'ACTIVE', revision: 4 });
    paused.process.resume();
    await bench.pass(TAKEOVER_MS);
    expect(await bench.port(1)).toMatchObject({ status: 'ACTIVE', revision: 4 });
  });

  it('has its acknowledgement refused, and joins again', async () => {
    const bench = await openBench();
    await bench.plant(1);
    const paused = await bench.start('A');
    paused.process.pauseAt('acknowledge', 'before');
    await bench.say(1, 'ACTIVE');
    await bench.start('B', {}, (process) => process.dieAt('judge', 'before'));
    await bench.pass(TAKEOVER_MS);
    expect((await bench.record(1))?.place).toEqual({ kind: 'topic', listener: 'B' });
    paused.process.resume();
    await bench.pass(10);
    expect((await bench.record(1))?.place).toEqual({ kind: 'topic', listener: 'B' });
    await bench.pass(TAKEOVER_MS);
    expect((await bench.record(1))?.place).toBeUndefined();
    expect(paused.log).toContainEqual(expect.objectContaining({ event: 'listener.lost' }));
  });

  it('has its claim refused: what it tells Nova late is not recorded over what another told', async () => {
    const bench = await openBench();
    await bench.plant(1);
    const paused = await bench.start('A');
    paused.process.pauseAt('recordAnswers', 'before');
    await bench.say(1, 'ACTIVE');
    await bench.start('B');
    await bench.pass(TAKEOVER_MS);
    await bench.say(1, 'DOWN');
    await bench.pass(2000);
    expect(bench.nova.wordsOf(1)).toEqual(['plugged', 'plugged', 'unplugged']);
    paused.process.resume();
    await bench.pass(TAKEOVER_MS);
    expect(await bench.ledger(1)).toMatchObject({ owed_no: 2, told_no: 2, told_word: 'unplugged' });
    expect(bench.nova.said).toHaveLength(3);
  });
});

describe('Nova', () => {
  it('hears the newest word after two transitions while it was down, also where it was last told the same', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.start('A');
    await bench.say(1, 'ACTIVE');
    await bench.pass(100);
    bench.nova.answer = () => UNREACHABLE;
    await bench.say(1, 'DOWN');
    await bench.pass(1000);
    await bench.say(1, 'ACTIVE');
    await bench.pass(1000);
    bench.nova.said.splice(0);
    bench.nova.answer = () => ({ kind: 'accepted' });
    await bench.pass(20_000);
    expect(bench.nova.wordsOf(1)).toEqual(['plugged']);
    expect(await bench.ledger(1)).toMatchObject({ owed_no: 3, told_no: 3, settle_at: null });
  });

  it('may be down for an hour: statuses are written, debts wait and are dropped by rule, and counted', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.plant(2);
    const seldom = {
      lease: { ttlMs: 60_000, heartbeatMs: 15_000 },
      settleEveryMs: 10_000,
      reconcileEveryMs: 600_000,
    };
    const { metrics } = await bench.start('A', seldom);
    bench.nova.answer = () => UNREACHABLE;
    await bench.say(1, 'ACTIVE');
    await bench.pass(3_600_000);
    await bench.say(2, 'ACTIVE');
    await bench.pass(1000);
    expect([await bench.status(1), await bench.status(2)]).toEqual(['ACTIVE', 'ACTIVE']);
    expect((await metrics.novaDropped.get()).values).toMatchObject([
      { labels: { why: 'too-late' }, value: 1 },
    ]);
    bench.nova.said.splice(0);
    bench.nova.answer = () => ({ kind: 'accepted' });
    await bench.pass(20_000);
    expect([bench.nova.wordsOf(1), bench.nova.wordsOf(2)]).toEqual([[], ['plugged']]);
  }, 30_000);
});

describe('the word unplugged', () => {
  it('is said where Nova took plugged and its answer was lost', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.start('A');
    bench.nova.answer = () => UNREACHABLE;
    await bench.say(1, 'ACTIVE');
    await bench.pass(100);
    bench.nova.answer = () => ({ kind: 'accepted' });
    await bench.say(1, 'DOWN');
    await bench.pass(100);
    expect(bench.nova.wordsOf(1)).toEqual(['plugged', 'unplugged']);
  });

  it('is said where a server died after it said plugged, also where Nova is down when another says it', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.start('A', {}, (process) => process.dieAt('recordAnswers', 'before'));
    await bench.say(1, 'ACTIVE');
    await bench.pass(100);
    bench.nova.answer = () => UNREACHABLE;
    await bench.say(1, 'DOWN');
    await bench.start('B');
    await bench.pass(TAKEOVER_MS);
    bench.nova.said.splice(0);
    bench.nova.answer = () => ({ kind: 'accepted' });
    await bench.pass(20_000);
    expect(bench.nova.wordsOf(1)).toEqual(['unplugged']);
  });

  it('is not said where Nova refused plugged', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.start('A');
    bench.nova.answer = () => ({ kind: 'rejected', code: 400 });
    await bench.say(1, 'ACTIVE');
    await bench.pass(100);
    await bench.say(1, 'DOWN');
    await bench.pass(100);
    expect(bench.nova.wordsOf(1)).toEqual(['plugged']);
  });
});

describe('the word plugged', () => {
  it('is said again where Nova refuses it once after a minute in which it was down', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.start('A');
    bench.nova.answer = () => UNREACHABLE;
    await bench.say(1, 'ACTIVE');
    await bench.pass(60_000);
    const answers: Answer[] = [{ kind: 'rejected', code: 404 }];
    bench.nova.answer = () => answers.shift() ?? { kind: 'accepted' };
    await bench.pass(20_000);
    expect(answers).toEqual([]);
    expect(await bench.ledger(1)).toMatchObject({ told_result: 'told' });
  });
});

describe("the clock of Neutron's database, set back by a day", () => {
  it('keeps no word to Nova waiting', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.start('A');
    bench.nova.answer = () => UNREACHABLE;
    await bench.say(1, 'ACTIVE');
    await bench.pass(100);
    bench.clock.step(-86_400_000);
    bench.nova.said.splice(0);
    bench.nova.answer = () => ({ kind: 'accepted' });
    await bench.pass(1000);
    expect(bench.nova.wordsOf(1)).toEqual(['plugged']);
  });
});

describe('what Neutron changes long after a report was acknowledged', () => {
  const activated = async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.start('A');
    await bench.say(1, 'ACTIVE');
    await bench.pass(10 * RECONCILE_MS);
    return bench;
  };

  it('is judged again when it bound the port anew on the same host', async () => {
    const bench = await activated();
    await bench.change(1, { status: 'DOWN' });
    await bench.rows.run("insert into provisioningblocks values (10001, 'L2')");
    await bench.pass(RECONCILE_MS + 100);
    expect(await bench.port(1)).toMatchObject({ status: 'ACTIVE', blocks: '' });
  });

  it('is judged again when it activated the binding of a host that reported before', async () => {
    const bench = await activated();
    await bench.rows.run(
      "insert into ml2_port_bindings (port_id, host, vif_type, status) select port_id, 'cn2', 'ovs', 'INACTIVE' from ml2_port_bindings",
    );
    await bench.rows.run(
      "insert into ml2_port_binding_levels select port_id, 'cn2', 0, 'openvswitch', null from ports join ml2_port_bindings on port_id = id where host = 'cn1'",
    );
    await bench.say(1, 'ACTIVE', { chassis: 'cn2', attachment: 'plug-on-cn2' });
    await bench.pass(10 * RECONCILE_MS);
    expect(bench.nova.wordsOf(1)).toEqual(['plugged', 'plugged']);
    await bench.rows.run("delete from ml2_port_bindings where host = 'cn1'");
    await bench.rows.run("update ml2_port_bindings set status = 'ACTIVE'");
    await bench.change(1, { status: 'DOWN' });
    await bench.pass(2100);
    expect(await bench.status(1)).toBe('ACTIVE');
  });

  it('is judged again when it turned the admin state up', async () => {
    const bench = await openBench();
    await bench.plant(1, { adminStateUp: false });
    await bench.start('A');
    await bench.say(1, 'ACTIVE');
    await bench.pass(10 * RECONCILE_MS);
    expect(await bench.port(1)).toMatchObject({ status: 'DOWN', blocks: '' });
    await bench.change(1, { admin_state_up: 1 });
    await bench.pass(2100);
    expect(await bench.status(1)).toBe('ACTIVE');
  });

  it('is judged again when the last block of another was removed', async () => {
    const bench = await openBench();
    await bench.plant(1, { blocks: ['DHCP', 'L2'] });
    await bench.start('A');
    await bench.say(1, 'ACTIVE');
    await bench.pass(10 * RECONCILE_MS);
    await bench.unblock(1, 'DHCP');
    await bench.pass(2100);
    expect(await bench.status(1)).toBe('ACTIVE');
  });

  it('is found a moment later when the DHCP agent finished at the same moment as we did', async () => {
    const bench = await openBench();
    await bench.plant(1, { blocks: ['DHCP', 'L2'] });
    const { process } = await bench.start('A');
    // Neutron looked for other blocks before our commit, saw L2, and commits right after it without activating the port.
    process.intercept('judge', async (proceed) => {
      process.free('judge');
      const judged = await proceed();
      await bench.unblock(1, 'DHCP');
      return judged;
    });
    await bench.say(1, 'ACTIVE');
    await bench.pass(10);
    expect(await bench.port(1)).toMatchObject({ status: 'DOWN', blocks: '' });
    await bench.pass(60);
    expect(await bench.status(1)).toBe('ACTIVE');
  });
});

describe('a northbound database that restarts', () => {
  it('and lost its last second makes servers join again, and nothing wrong is written meanwhile', async () => {
    const bench = await openBench();
    await bench.plant(1);
    const { metrics } = await bench.start('A');
    await bench.say(1, 'DOWN');
    await bench.pass(100);
    bench.database.checkpoint();
    await bench.say(1, 'ACTIVE');
    await bench.pass(100);
    const before = await bench.port(1);
    bench.database.rollBack();
    await bench.pass(2 * RECONCILE_MS);
    expect(await bench.port(1)).toEqual(before);
    expect((await metrics.joins.get()).values[0]?.value).toBe(2);
    await bench.say(1, 'DOWN');
    await bench.pass(100);
    expect(await bench.status(1)).toBe('DOWN');
  });

  it('and lost everything changes no status until chassis speak again', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.start('A');
    await bench.say(1, 'ACTIVE');
    await bench.pass(100);
    bench.database.loseEverything();
    await bench.pass(3 * RECONCILE_MS);
    expect(await bench.status(1)).toBe('ACTIVE');
  });

  it('empty, while the clock of a chassis was set back by a day, orders by incarnation first', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.start('A');
    await bench.say(1, 'ACTIVE');
    await bench.pass(100);
    bench.database.loseEverything();
    bench.clock.step(-86_400_000);
    bench.restartChassis();
    await bench.say(1, 'DOWN');
    await bench.pass(TAKEOVER_MS);
    expect(await bench.status(1)).toBe('DOWN');
  });

  it('empty, while a port was unplugged and its agent was down, ends with the port DOWN once the chassis is complete', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.plant(2);
    await bench.start('A');
    await bench.say(1, 'ACTIVE');
    await bench.say(2, 'ACTIVE');
    await bench.pass(100);
    bench.database.loseEverything();
    await bench.say(2, 'ACTIVE');
    await bench.pass(2 * RECONCILE_MS);
    expect([await bench.status(1), await bench.status(2)]).toEqual(['ACTIVE', 'ACTIVE']);
    await bench.complete();
    await bench.pass(RECONCILE_MS + 100);
    expect([await bench.status(1), await bench.status(2)]).toEqual(['DOWN', 'ACTIVE']);
  });
});

describe('a Neutron database that is rolled back', () => {
  const forget = async (bench: ServerBench): Promise<void> => {
    await bench.change(1, { status: 'DOWN' });
    await bench.rows.run("insert into provisioningblocks values (10001, 'L2')");
    await bench.rows.run('delete from port_status_reports');
    await bench.rows.run('delete from port_status_incarnations');
  };

  it('takes again what was acknowledged before: the northbound records are newer than the ledger', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.start('A');
    await bench.say(1, 'ACTIVE');
    await bench.pass(100);
    await forget(bench);
    await bench.pass(RECONCILE_MS);
    expect(await bench.port(1)).toMatchObject({ status: 'ACTIVE', blocks: '' });
    expect(bench.nova.wordsOf(1)).toEqual(['plugged', 'plugged']);
  });

  it('has a DOWN judged again whose record is gone, once the chassis is complete after it', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.start('A');
    await bench.say(1, 'ACTIVE');
    await bench.pass(100);
    await bench.rows.run('create table lost as select * from port_status_reports');
    await bench.say(1, 'DOWN');
    await bench.pass(100);
    expect([await bench.status(1), await bench.record(1)]).toEqual(['DOWN', undefined]);
    await bench.change(1, { status: 'ACTIVE' });
    await bench.rows.run('delete from provisioningblocks');
    await bench.rows.run('delete from port_status_reports');
    await bench.rows.run('insert into port_status_reports select * from lost');
    await bench.complete();
    await bench.pass(2 * RECONCILE_MS);
    expect(await bench.port(1)).toMatchObject({ status: 'DOWN', blocks: 'L2' });
  });

  it('is left alone where the ledger knows all records: sweeping judges nothing', async () => {
    const bench = await openBench();
    for (let n = 1; n <= 3; n++) {
      await bench.plant(n);
      await bench.say(n, 'ACTIVE');
    }
    const { metrics } = await bench.start('A');
    await bench.pass(10 * RECONCILE_MS);
    const { values } = await metrics.judged.get();
    expect(values).toEqual([{ labels: { verdict: 'applied', occasion: 'arrival' }, value: 3 }]);
  });
});

describe('reports of which no server was there to take care', () => {
  it('wait unassigned, and the first server to join adopts them', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.say(1, 'ACTIVE');
    await bench.pass(60_000);
    expect((await bench.record(1))?.place).toEqual({ kind: 'unassigned' });
    await bench.start('A');
    await bench.pass(10);
    expect(await bench.status(1)).toBe('ACTIVE');
  });
});

describe('a server that an operator drains', () => {
  it('gets nothing more and ends by itself; another takes what it left, at once', async () => {
    const bench = await openBench();
    await bench.plant(1);
    await bench.plant(2);
    const drained = await bench.start('A', {}, (process) => process.intercept('judge', forever));
    await bench.say(1, 'ACTIVE');
    const { northbound } = await bench.start('B');
    await bench.pass(10);
    expect(await northbound.drain('A')).toBe(true);
    await bench.pass(HEARTBEAT_MS);
    expect(await drained.ended).toBeUndefined();
    expect(await bench.status(1)).toBe('ACTIVE');
    await bench.say(2, 'ACTIVE');
    await bench.pass(10);
    expect(await bench.status(2)).toBe('ACTIVE');
  });
});

describe('two servers with one id', () => {
  it('end with the earlier stopped, with an error that says so, and the later at work', async () => {
    const bench = await openBench();
    await bench.plant(1);
    const earlier = await bench.start('A');
    await bench.start('A');
    await bench.pass(TTL_MS);
    expect(await earlier.ended).toMatchObject({
      code: 'FENCED',
      message: expect.stringContaining('listener.id') as string,
    });
    await bench.say(1, 'ACTIVE');
    await bench.pass(100);
    expect(await bench.status(1)).toBe('ACTIVE');
  });
});

it('a server whose heartbeats take half its ttl keeps its registration: the next does not wait for the last', async () => {
  const bench = await openBench();
  const { process, metrics } = await bench.start('A');
  process.intercept('heartbeat', async (proceed) => {
    await bench.clock.sleep(TTL_MS / 2);
    return proceed();
  });
  await bench.pass(10 * TTL_MS);
  expect((await metrics.joins.get()).values[0]?.value).toBe(1);
});

describe('a server whose heartbeats hang', () => {
  it('stops its loops before others may adopt, and goes on once they get through', async () => {
    const bench = await openBench();
    await bench.plant(1);
    const running = await bench.start('A');
    const { process, log } = running;
    await bench.pass(950);
    process.intercept('heartbeat', forever);
    await bench.say(1, 'ACTIVE');
    process.intercept('incarnation', forever);
    await bench.pass(TTL_MS - 100);
    expect((await bench.checks(running))['registration']).toMatchObject({ ok: false });
    expect(log).toContainEqual(expect.objectContaining({ event: 'listener.lost' }));
  });

  it('counts its lease from when it asked to join, not from when it heard', async () => {
    const bench = await openBench();
    const slowMs = 2000;
    const { log } = await bench.start('A', {}, (process) => {
      process.intercept('heartbeat', forever);
      process.intercept('join', async (proceed) => {
        const member = await proceed();
        await bench.clock.sleep(slowMs);
        return member;
      });
    });
    await bench.pass(TTL_MS);
    expect(log).toContainEqual(expect.objectContaining({ event: 'listener.lost' }));
  });
});

describe('a server that is told to stop', () => {
  it('ends although the Neutron database hangs', async () => {
    const bench = await openBench();
    await bench.plant(1);
    const { process, ended, stop } = await bench.start('A');
    process.intercept('judge', forever);
    await bench.say(1, 'ACTIVE');
    await bench.pass(100);
    stop();
    await expect(ended).resolves.toBeUndefined();
  });

  it('ends although the northbound database hangs, once its registration has lapsed', async () => {
    const bench = await openBench();
    const { process, ended, stop } = await bench.start('A');
    process.intercept('leave', forever);
    stop();
    await bench.pass(TTL_MS);
    await expect(ended).resolves.toBeUndefined();
  });

  it('leaves, so that others get its reports at once', async () => {
    const bench = await openBench();
    await bench.plant(1);
    const { stop } = await bench.start('A', {}, (process) => process.intercept('judge', forever));
    await bench.say(1, 'ACTIVE');
    stop();
    await bench.pass(10);
    await bench.start('B');
    await bench.pass(10);
    expect(await bench.status(1)).toBe('ACTIVE');
  });
});

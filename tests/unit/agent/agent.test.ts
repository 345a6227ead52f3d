import type { MetricValue } from 'prom-client';
import { beforeEach, describe, expect, it } from 'vitest';
import { PortStatusError } from '../../../src/domain/errors.js';
import { encodeReport } from '../../../src/domain/wire.js';
import { MemoryNorthbound } from '../../../src/northbound/memory/memory-northbound.js';
import { AgentBench, CHASSIS, HEARTBEAT_MS, activePort, activePorts, portId } from './agent-bench.js';

let bench: AgentBench;

beforeEach(() => {
  bench = new AgentBench();
});

type GaugeOrCounter =
  'agentPorts' | 'agentUnpublished' | 'agentPublished' | 'agentResyncs' | 'connected' | 'connectionFailures';

async function valuesOf(metric: GaugeOrCounter): Promise<readonly MetricValue<string>[]> {
  return (await bench.metrics[metric].get()).values;
}

describe('at start', () => {
  it('publishes every port of the switch', async () => {
    bench.switch.plug(activePort(1, { instance: 'vm-1' }), activePort(2, { status: 'ERROR' }));
    await bench.start();
    expect([...bench.stored().values()]).toMatchObject([
      {
        portId: portId(1),
        chassis: CHASSIS,
        status: 'ACTIVE',
        attachment: 'plug-1',
        instance: 'vm-1',
        observedAt: bench.clock.now(),
      },
      { portId: portId(2), status: 'ERROR' },
    ]);
  });

  it('says nothing that is stored as it is, and that the chassis is complete all the same', async () => {
    bench.switch.plug(activePort(1), activePort(2), activePort(3));
    await bench.start();
    await bench.stop();
    bench.takeSaid();
    bench.switch.plug(activePort(2, { attachment: 'plug-2b' }), activePort(4));
    bench.switch.unplug(portId(3));
    await bench.start();
    expect(bench.takeSaid().map(({ portId: id, status, attachment }) => [id, status, attachment])).toEqual([
      [portId(2), 'ACTIVE', 'plug-2b'],
      [portId(3), 'DOWN', 'plug-3'],
      [portId(4), 'ACTIVE', 'plug-4'],
    ]);
    const { complete, maxRevision } = await bench.chassis();
    expect(complete?.revision).toBe(maxRevision);
  });

  it('goes on from a start that says nothing with what changes, and says back what changed in between', async () => {
    bench.switch.plug(activePort(1));
    await bench.start();
    await bench.stop();
    bench.takeSaid();
    await bench.start();
    expect(bench.takeSaid()).toEqual([]);
    bench.switch.plug(activePort(1, { status: 'DOWN' }));
    await bench.settle();
    bench.switch.plug(activePort(1));
    await bench.settle();
    expect(bench.takeSaid().map(({ status }) => status)).toEqual(['DOWN', 'ACTIVE']);
  });

  it('says again what is stored in a newer wire version than every listener reads', async () => {
    bench.switch.plug(activePort(1));
    await bench.start();
    await bench.stop();
    bench.takeSaid();
    await bench.start({ wireGreatest: 1 });
    expect(bench.takeSaid()).toMatchObject([{ portId: portId(1), status: 'ACTIVE' }]);
  });

  it('leaves room for others where it has much to say and the engine asks for that', async () => {
    (bench.northbound as { spreadMs: number }).spreadMs = 4000;
    bench.switch.plug(...activePorts(31));
    await bench.start();
    expect(bench.takeSaid()).toHaveLength(31);
    await bench.stop();
    bench.switch.plug(...activePorts(63).slice(31));
    await bench.start();
    expect(bench.takeSaid()).toEqual([]);
    await bench.pass(4000);
    expect(bench.takeSaid()).toHaveLength(32);
  });

  it('publishes DOWN for a stored port that is gone, with the attachment and instance that are stored', async () => {
    bench.switch.plug(activePort(1, { instance: 'vm-1' }));
    await bench.start();
    await bench.stop();
    bench.switch.unplug(portId(1));
    await bench.start();
    expect(bench.stored().get(portId(1))).toMatchObject({
      status: 'DOWN',
      attachment: 'plug-1',
      instance: 'vm-1',
    });
  });

  it('finds what is gone among more records than one page holds', async () => {
    bench.switch.plug(...activePorts(501));
    await bench.start();
    await bench.stop();
    bench.switch.unplug(portId(500));
    await bench.start();
    expect(bench.stored().get(portId(500))?.status).toBe('DOWN');
  });

  it('then says that the chassis is complete up to the greatest revision that it published', async () => {
    bench.switch.plug(...activePorts(250));
    await bench.start();
    const revisions = bench.takeSaid().map(({ revision }) => revision);
    const { complete } = await bench.chassis();
    expect(complete).toEqual({
      revision: Math.max(...revisions),
      incarnation: bench.database.state.incarnation,
    });
    expect(bench.agent?.health().complete).toBe(true);
  });

  it('says with its heartbeats that it still is, up to what it published since', async () => {
    bench.switch.plug(activePort(1));
    await bench.start();
    const before = (await bench.chassis()).complete?.revision ?? 0;
    bench.switch.unplug(portId(1));
    await bench.pass(2 * HEARTBEAT_MS);
    const { complete, maxRevision } = await bench.chassis();
    expect(maxRevision).toBeGreaterThan(before);
    expect(complete?.revision).toBe(maxRevision);
  });

  it('says that an empty chassis is complete too', async () => {
    await bench.start();
    expect((await bench.chassis()).complete).toMatchObject({ revision: 0 });
  });

  it('does not say that the chassis is complete before everything is stored', async () => {
    bench.publishMs = 10;
    bench.switch.plug(...activePorts(150));
    await bench.start();
    await bench.pass(15);
    expect([bench.stored().size, (await bench.chassis()).complete]).toEqual([100, undefined]);
    await bench.pass(5);
    expect(bench.stored().size).toBe(150);
    expect((await bench.chassis()).complete).toBeDefined();
  });

  it('loses nothing that changes before the northbound database answers', async () => {
    bench.switch.plug(activePort(1));
    bench.northbound.cut();
    await bench.start();
    bench.switch.plug(activePort(2));
    bench.switch.unplug(portId(1));
    await bench.pass(5000);
    bench.northbound.restore();
    await bench.pass(2000);
    expect([...bench.stored().values()]).toMatchObject([{ portId: portId(2), status: 'ACTIVE' }]);
  });

  it('waits for the switch before it says that anything is gone', async () => {
    bench.switch.plug(activePort(1));
    await bench.start();
    await bench.stop();
    bench.takeSaid();
    bench.switch.lose();
    await bench.start();
    await bench.pass(60_000);
    expect(bench.takeSaid()).toEqual([]);
    expect((await bench.chassis()).ageMs).toBeLessThan(HEARTBEAT_MS);
  });

  it('refuses a name that can not be that of a chassis', () => {
    bench = new AgentBench();
    return expect(bench.start({}, 'cn/1')).rejects.toThrow('must have 1 to 255 characters');
  });
});

describe('while it runs', () => {
  beforeEach(async () => {
    bench.switch.plug(...activePorts(3));
    await bench.start();
    bench.takeSaid();
  });

  it('publishes a port that is plugged, without any timer', async () => {
    bench.switch.plug(activePort(7));
    await bench.settle();
    expect(bench.takeSaid()).toMatchObject([{ portId: portId(7), status: 'ACTIVE' }]);
  });

  it('publishes DOWN for a port that is unplugged, with the attachment that it had', async () => {
    bench.switch.unplug(portId(1));
    await bench.settle();
    expect(bench.takeSaid()).toMatchObject([{ portId: portId(1), status: 'DOWN', attachment: 'plug-1' }]);
  });

  it('publishes a re-plug, though the port is ACTIVE before and after', async () => {
    bench.switch.plug(activePort(1, { attachment: 'plug-again' }));
    await bench.settle();
    expect(bench.takeSaid()).toMatchObject([{ status: 'ACTIVE', attachment: 'plug-again' }]);
  });

  it('publishes nothing for a change that says what was said', async () => {
    bench.switch.plug(activePort(1, { seen: { ofport: 9 } }));
    await bench.settle();
    expect(bench.takeSaid()).toEqual([]);
  });

  it('has one publish in flight; what comes meanwhile makes the next batch', async () => {
    bench.publishMs = 10;
    for (const number of [10, 11, 12]) {
      bench.switch.plug(activePort(number));
      await bench.pass(1);
    }
    await bench.pass(20);
    const sizes = bench.publishes.map(({ reports }) => reports.length);
    expect([sizes, bench.mostInFlight]).toEqual([[1, 2], 1]);
  });

  it('gives revisions that rise strictly, also when the clock is set back', async () => {
    const before = [...bench.stored().values()].map(({ revision }) => revision);
    bench.clock.step(-86_400_000);
    bench.switch.plug(activePort(8), activePort(9));
    await bench.settle();
    const revisions = [...before, ...bench.takeSaid().map(({ revision }) => revision)];
    expect(revisions).toEqual([...new Set(revisions)].sort((a, b) => a - b));
  });

  it('goes on from the greatest stored revision when it starts after the clock was set back', async () => {
    const { maxRevision } = await bench.chassis();
    await bench.stop();
    bench.clock.step(-86_400_000);
    bench.switch.plug(activePort(9));
    await bench.start();
    expect(Math.min(...bench.takeSaid().map(({ revision }) => revision))).toBe(maxRevision + 1);
  });

  it('writes the chassis record at every heartbeat', async () => {
    const ages: number[] = [];
    for (let tenth = 0; tenth < 100; tenth++) {
      await bench.pass(HEARTBEAT_MS / 10);
      ages.push((await bench.chassis()).ageMs);
    }
    expect(Math.max(...ages)).toBeLessThan(HEARTBEAT_MS);
    expect(ages.filter((age) => age < HEARTBEAT_MS / 10).length).toBeGreaterThanOrEqual(10);
    expect((await bench.chassis()).version).toBe('0.1.0');
  });

  it('sends heartbeats out of step with agents that were started with it', async () => {
    for (let other = 2; other <= 40; other++) await bench.start({}, `cn${other}`);
    await bench.pass(HEARTBEAT_MS * 10);
    const ages = (await bench.northbound.chassis()).map(({ ageMs }) => ageMs);
    expect(ages).toHaveLength(40);
    for (const half of [0, HEARTBEAT_MS / 2])
      expect(ages.filter((age) => age >= half && age < half + HEARTBEAT_MS / 2).length).toBeGreaterThan(10);
  });

  it('ends when it is told to, with nothing left running', async () => {
    await bench.stop();
    bench.switch.plug(activePort(7));
    await bench.pass(60_000);
    expect([bench.takeSaid(), (await bench.chassis()).ageMs]).toEqual([[], 60_000]);
  });

  it('counts what it published, what is unpublished, and its comparisons by cause', async () => {
    bench.northbound.cut();
    bench.switch.plug(activePort(7));
    await bench.settle();
    expect(await valuesOf('agentUnpublished')).toMatchObject([{ value: 1 }]);
    bench.northbound.restore();
    await bench.pass(HEARTBEAT_MS);
    expect(await valuesOf('agentUnpublished')).toMatchObject([{ value: 0 }]);
    expect(await valuesOf('agentPublished')).toMatchObject([{ value: 4 }]);
    expect(await valuesOf('agentResyncs')).toMatchObject([{ labels: { cause: 'start' }, value: 1 }]);
  });

  it('counts the ports of the switch by status', async () => {
    bench.switch.plug(activePort(1, { status: 'DOWN' }));
    bench.switch.unplug(portId(2));
    await bench.pass(HEARTBEAT_MS);
    const values = await valuesOf('agentPorts');
    expect(values.map(({ labels, value }) => [labels['status'], value])).toEqual([
      ['ACTIVE', 1],
      ['DOWN', 1],
      ['ERROR', 0],
    ]);
  });
});

describe('when the switch is lost', () => {
  beforeEach(async () => {
    bench.switch.plug(...activePorts(5));
    await bench.start();
    bench.switch.lose();
    await bench.settle();
    bench.takeSaid();
  });

  it('says nothing, however long it lasts', async () => {
    await bench.pass(600_000);
    expect(bench.takeSaid()).toEqual([]);
    expect(bench.agent?.health()).toMatchObject({ switch: 'lost', northbound: 'up' });
  });

  it('keeps to itself what was still unpublished, until the switch is back', async () => {
    bench.switch.reconnect();
    await bench.settle();
    bench.northbound.cut();
    bench.switch.plug(activePort(9));
    await bench.settle();
    bench.switch.lose();
    await bench.settle();
    bench.northbound.restore();
    bench.takeSaid();
    await bench.pass(60_000);
    expect(bench.takeSaid()).toEqual([]);
    bench.switch.reconnect();
    await bench.settle();
    expect(bench.takeSaid()).toMatchObject([{ portId: portId(9), status: 'ACTIVE' }]);
  });

  it('publishes the differences when it is back', async () => {
    bench.switch.plug(activePort(1, { attachment: 'plug-again' }), activePort(9));
    bench.switch.unplug(portId(2));
    bench.switch.reconnect();
    await bench.settle();
    expect(bench.takeSaid().map((report) => [report.portId, report.status, report.attachment])).toEqual([
      [portId(1), 'ACTIVE', 'plug-again'],
      [portId(9), 'ACTIVE', 'plug-9'],
      [portId(2), 'DOWN', 'plug-2'],
    ]);
  });
});

describe('when the northbound database does not answer', () => {
  beforeEach(async () => {
    bench.switch.plug(activePort(1));
    await bench.start();
    bench.takeSaid();
  });

  it('keeps what is unpublished and publishes the newest of it when it answers again', async () => {
    bench.northbound.cut();
    bench.switch.plug(activePort(2, { status: 'DOWN' }));
    await bench.pass(10_000);
    bench.switch.plug(activePort(2));
    await bench.settle();
    expect(bench.agent?.health()).toMatchObject({ northbound: 'down', unpublished: 1 });
    bench.northbound.restore();
    await bench.pass(1000);
    expect(bench.stored().get(portId(2))?.status).toBe('ACTIVE');
    expect(bench.agent?.health()).toMatchObject({ northbound: 'up', unpublished: 0 });
  });

  it('follows a publish of unknown outcome with a newer one, though the port is back where it was', async () => {
    bench.northbound.cut('answers');
    bench.switch.plug(activePort(1, { status: 'DOWN' }));
    await bench.settle();
    bench.switch.plug(activePort(1));
    await bench.settle();
    expect(bench.stored().get(portId(1))?.status).toBe('DOWN');
    bench.northbound.restore();
    await bench.pass(1000);
    expect(bench.stored().get(portId(1))?.status).toBe('ACTIVE');
  });

  it('says so once, and once that it is back', async () => {
    bench.northbound.cut();
    await bench.pass(30_000);
    bench.northbound.restore();
    await bench.pass(2000);
    expect([bench.events('northbound.down').length, bench.events('northbound.up').length]).toEqual([1, 2]);
  });

  it('counts every failed call and shows the connection as down', async () => {
    bench.northbound.cut();
    await bench.pass(5000);
    const [failures] = await valuesOf('connectionFailures');
    expect(failures?.value).toBeGreaterThan(3);
    expect(await valuesOf('connected')).toMatchObject([{ labels: { to: 'northbound' }, value: 0 }]);
  });

  it('waits longer from attempt to attempt, up to the longest pause', async () => {
    bench.northbound.cut();
    bench.switch.plug(activePort(2));
    await bench.pass(60_000);
    const attempts = bench.publishes.length;
    expect(attempts).toBeGreaterThan(60);
    expect(attempts).toBeLessThan(130);
  });
});

describe('when the registration does not stand', () => {
  beforeEach(async () => {
    bench.switch.plug(...activePorts(3));
    await bench.start();
    bench.takeSaid();
  });

  it('publishes every port into a database that lost everything, and is complete in it', async () => {
    bench.database.loseEverything();
    await bench.pass(2 * HEARTBEAT_MS);
    const { complete } = await bench.chassis();
    expect([...bench.stored().values()].map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE', 'ACTIVE']);
    expect(complete).toEqual({
      revision: Math.max(...bench.takeSaid().map(({ revision }) => revision)),
      incarnation: bench.database.state.incarnation,
    });
  });

  it('publishes DOWN again where the database went back to before it', async () => {
    bench.database.checkpoint();
    bench.switch.unplug(portId(1));
    await bench.settle();
    bench.database.rollBack();
    await bench.pass(2 * HEARTBEAT_MS);
    expect(bench.stored().get(portId(1))?.status).toBe('DOWN');
  });

  it('waits for the switch, where that is lost, before it publishes into a new incarnation', async () => {
    bench.switch.lose();
    bench.database.loseEverything();
    await bench.pass(60_000);
    expect([bench.takeSaid(), (await bench.chassis()).complete]).toEqual([[], undefined]);
    bench.switch.reconnect();
    await bench.settle();
    expect(bench.stored().size).toBe(3);
    expect((await bench.chassis()).complete).toBeDefined();
  });

  it('publishes every port anew where somebody removed what was stored of the chassis', async () => {
    const before = [...bench.stored().keys()];
    bench.database.state.chassis.delete(CHASSIS);
    bench.switch.plug(activePort(9));
    await bench.pass(HEARTBEAT_MS);
    expect([...bench.stored().keys()].sort()).toEqual([...before, portId(9)].sort());
  });

  it('publishes anew what somebody said for the chassis meanwhile', async () => {
    const { beat } = await bench.chassis();
    const taken = await bench.northbound.takeOverChassis(CHASSIS, beat);
    if (taken === undefined) throw new Error('not taken over');
    const down = { ...activePort(1), chassis: CHASSIS, status: 'DOWN', observedAt: 0 } as const;
    const revision = taken.maxRevision + 1;
    await bench.northbound.publish(taken, [encodeReport({ ...down, revision }, 1)]);
    bench.takeSaid();
    await bench.pass(2 * HEARTBEAT_MS);
    expect(bench.takeSaid()).toMatchObject([{ portId: portId(1), status: 'ACTIVE' }]);
    expect(bench.stored().get(portId(1))?.status).toBe('ACTIVE');
  });

  it('publishes them also where it tried to publish, in vain, after somebody spoke for the chassis', async () => {
    bench.northbound.cut();
    await bench.pass(HEARTBEAT_MS);
    const other = new MemoryNorthbound(bench.database);
    const { beat } = await bench.chassis();
    const taken = await other.takeOverChassis(CHASSIS, beat);
    if (taken === undefined) throw new Error('not taken over');
    const down = { ...activePort(1), chassis: CHASSIS, status: 'DOWN', observedAt: 0 } as const;
    await other.publish(taken, [encodeReport({ ...down, revision: bench.clock.now() * 1000 }, 1)]);
    bench.switch.plug(activePort(9));
    await bench.pass(2 * HEARTBEAT_MS);
    bench.northbound.restore();
    await bench.pass(2 * HEARTBEAT_MS);
    expect([...bench.stored().values()].map(({ status }) => status)).toEqual(Array(4).fill('ACTIVE'));
  });

  it('pauses between registrations that are lost again and again', async () => {
    const before = bench.events('agent.registered').length;
    bench.northbound.keepChassis = () =>
      Promise.reject(new PortStatusError('REGISTRATION_LOST', 'lost; register again'));
    await bench.pass(10 * HEARTBEAT_MS);
    expect(bench.events('agent.registered').length - before).toBeLessThan(200);
  });

  it('ends when a later agent has registered, and says for which chassis and what to do', async () => {
    await bench.northbound.registerChassis(CHASSIS);
    await bench.pass(HEARTBEAT_MS);
    await expect(bench.ended).rejects.toMatchObject({
      code: 'FENCED',
      message: expect.stringMatching(/chassis cn1 .*stop one/) as string,
    });
  });

  it('learns the greatest revision by registering again where its own was late', async () => {
    const record = bench.database.state.chassis.get(CHASSIS);
    if (record === undefined) throw new Error('not registered');
    record.maxRevision = bench.clock.now() * 1000 + 5_000_000;
    bench.switch.plug(activePort(9));
    await bench.pass(HEARTBEAT_MS);
    expect(bench.stored().get(portId(9))?.status).toBe('ACTIVE');
  });
});

describe('after a registration whose outcome is unknown', () => {
  beforeEach(async () => {
    bench.switch.plug(activePort(1));
    bench.northbound.cut();
    await bench.start();
    bench.publishMs = 500;
    bench.northbound.restore();
    await bench.clock.advance(100);
  });

  it('registers once more when that one lands late and fences its own', async () => {
    await bench.northbound.registerChassis(CHASSIS);
    await bench.pass(5 * HEARTBEAT_MS);
    expect(bench.stored().get(portId(1))?.status).toBe('ACTIVE');
  });

  it('ends when it is fenced a second time', async () => {
    await bench.northbound.registerChassis(CHASSIS);
    await bench.pass(HEARTBEAT_MS);
    await bench.northbound.registerChassis(CHASSIS);
    await bench.pass(HEARTBEAT_MS);
    await expect(bench.ended).rejects.toMatchObject({ code: 'FENCED' });
  });

  it('ends when it is fenced after it has published: that was another agent', async () => {
    await bench.pass(HEARTBEAT_MS);
    await bench.northbound.registerChassis(CHASSIS);
    await bench.pass(HEARTBEAT_MS);
    await expect(bench.ended).rejects.toMatchObject({ code: 'FENCED' });
  });
});

it('passes on why the switch can not be watched', async () => {
  bench.switch.watch = () => {
    throw new Error('no switch');
  };
  await bench.start();
  await expect(bench.ended).rejects.toThrow('no switch');
});

it('writes no newer wire version than it knows, whatever the listeners read', async () => {
  await bench.northbound.join({ id: 'server-1', ttlMs: 3000, versions: [1, 7], program: '1' });
  bench.switch.plug(activePort(1));
  await bench.start();
  const record = bench.database.state.chassis.get(CHASSIS)?.reports.get(portId(1));
  expect(record?.envelope.version).toBe(2);
});

describe('where servers read different wire versions', () => {
  const versionOf = (number: number): number | undefined =>
    bench.database.state.chassis.get(CHASSIS)?.reports.get(portId(number))?.envelope.version;
  const join = (id: string, versions: readonly number[]): Promise<unknown> =>
    bench.northbound.join({ id, ttlMs: 60_000, versions, program: '1' });

  beforeEach(async () => {
    await join('new', [1, 2]);
    bench.switch.plug(...activePorts(3));
    await bench.start();
  });

  it('writes the lowest that all of them read, as soon as its next word has told it', async () => {
    await join('old', [1]);
    await bench.pass(HEARTBEAT_MS);
    bench.switch.plug(activePort(9));
    await bench.settle();
    expect(versionOf(9)).toBe(1);
  });

  it('says again what it wrote in a newer one, once, where a server joins that does not read it', async () => {
    expect([0, 1, 2].map(versionOf)).toEqual([2, 2, 2]);
    bench.takeSaid();
    await join('old', [1]);
    await bench.pass(HEARTBEAT_MS);
    expect([0, 1, 2].map(versionOf)).toEqual([1, 1, 1]);
    await join('old again', [1]);
    await bench.pass(3 * HEARTBEAT_MS);
    expect(bench.takeSaid()).toHaveLength(3);
  });

  it('says again what was on its way in a newer one when that server joined', async () => {
    bench.publishMs = 3 * HEARTBEAT_MS;
    bench.switch.plug(activePort(9));
    await bench.settle();
    await join('old', [1]);
    await bench.pass(HEARTBEAT_MS);
    await bench.pass(10 * HEARTBEAT_MS);
    expect(versionOf(9)).toBe(1);
  });

  it('does not say what its guard holds back, though a server joins that reads less', async () => {
    bench.switch.plug(...activePorts(30));
    await bench.settle();
    bench.switch.lose();
    bench.switch.unplug(...activePorts(30).map((port) => port.portId));
    bench.switch.reconnect();
    await bench.settle();
    bench.takeSaid();
    await join('old', [1]);
    await bench.pass(HEARTBEAT_MS);
    expect(bench.takeSaid()).toEqual([]);
  });

  it('writes none that is newer than the one that it is held at', async () => {
    await bench.stop();
    await bench.start({ wireGreatest: 1 });
    expect([0, 1, 2].map(versionOf)).toEqual([1, 1, 1]);
  });
});

import { describe, expect, it } from 'vitest';
import { PortStatusError } from '../../../src/domain/errors.js';
import { MemoryNorthbound } from '../../../src/northbound/memory/memory-northbound.js';
import type { ChassisView } from '../../../src/northbound/northbound.js';
import type { ServerOptions } from '../../../src/server/session.js';
import { portIdOf } from '../../support/neutron-rows.js';
import { ChassisBench } from './chassis-bench.js';
import { forever } from '../../../src/simulator/histories/process.js';
import { TTL_MS } from '../../../src/simulator/histories/rig.js';
import { openBench } from './server-bench.js';
import type { RunningServer } from '../../../src/simulator/histories/rig.js';
import type { ServerBench } from './server-bench.js';

const DOWN_AFTER_MS = 60_000;
const SILENCE = { downAfterMs: DOWN_AFTER_MS, downMostPercent: 10 };
/** When a silence that begins now has been judged: the time, two looks, and what the judge needs. */
const JUDGED_MS = DOWN_AFTER_MS + 2 * (DOWN_AFTER_MS / 10) + 1000;

/** Compute nodes `cn1` …, each with a port of its number that is ACTIVE in Neutron. */
async function cloudOf(count: number): Promise<{
  readonly bench: ServerBench;
  readonly nodes: readonly ChassisBench[];
  readonly start: (id: string, changes?: Partial<ServerOptions>) => Promise<RunningServer>;
}> {
  const bench = await openBench();
  const nodes: ChassisBench[] = [];
  for (let number = 1; number <= count; number++) {
    await bench.plant(number, { host: `cn${number}` });
    const node = new ChassisBench(bench, `cn${number}`);
    node.plug(number);
    await node.start();
    nodes.push(node);
  }
  return { bench, nodes, start: (id, changes) => bench.start(id, { silence: SILENCE, ...changes }) };
}

async function viewOf(bench: ServerBench, chassis: string): Promise<ChassisView> {
  const [view] = await new MemoryNorthbound(bench.database).chassis([chassis]);
  if (view === undefined) throw new Error(`${chassis} is not registered`);
  return view;
}

async function approve(bench: ServerBench, chassis: string): Promise<boolean> {
  const { beat } = await viewOf(bench, chassis);
  return new MemoryNorthbound(bench.database).approve(chassis, { beat });
}

function events({ log }: RunningServer, name: string): readonly Readonly<Record<string, unknown>>[] {
  return log.filter(({ event }) => event === name);
}

async function gauge({ metrics }: RunningServer, name: 'chassisSilent' | 'chassisHeld'): Promise<unknown> {
  return (await metrics[name].get()).values[0]?.value;
}

describe('the ports of a chassis whose agent has died', () => {
  it('go DOWN after chassis.downAfterMs, not before, and Nova hears of it', async () => {
    const { bench, nodes, start } = await cloudOf(2);
    const server = await start('A');
    await bench.pass(DOWN_AFTER_MS);
    await nodes[0]?.stop();
    await bench.pass(DOWN_AFTER_MS - 1000);
    expect(await bench.status(1)).toBe('ACTIVE');
    await bench.pass(JUDGED_MS - DOWN_AFTER_MS);
    expect(await bench.port(1)).toMatchObject({ status: 'DOWN', blocks: 'L2' });
    expect(await bench.status(2)).toBe('ACTIVE');
    expect(bench.nova.wordsOf(1)).toEqual(['plugged', 'unplugged']);
    expect(await bench.ledger(1)).toMatchObject({ status: 'DOWN', attachment: 'plug-1' });
    expect(events(server, 'chassis.down')).toMatchObject([{ chassis: 'cn1', ports: 1 }]);
  });

  it('are ACTIVE again when it has returned', async () => {
    const { bench, nodes, start } = await cloudOf(2);
    await start('A');
    await nodes[0]?.stop();
    await bench.pass(JUDGED_MS);
    expect(await bench.status(1)).toBe('DOWN');
    await nodes[0]?.start();
    await bench.pass(1000);
    expect(await bench.status(1)).toBe('ACTIVE');
    expect(bench.nova.wordsOf(1)).toEqual(['plugged', 'unplugged', 'plugged']);
  });

  it.each([
    ['only stood still', (node: ChassisBench) => node.pause(), (node: ChassisBench) => node.resume()],
    ['was only cut off', (node: ChassisBench) => node.cut(), (node: ChassisBench) => node.restore()],
  ])('are ACTIVE again when it goes on, where it %s', async (_what, silence, end) => {
    const { bench, nodes, start } = await cloudOf(2);
    await start('A');
    const [node] = nodes;
    if (node === undefined) throw new Error('no node');
    silence(node);
    await bench.pass(JUDGED_MS);
    expect(await bench.status(1)).toBe('DOWN');
    end(node);
    await bench.pass(5000);
    expect(await bench.status(1)).toBe('ACTIVE');
    expect((await viewOf(bench, 'cn1')).complete).toMatchObject({
      incarnation: bench.database.state.incarnation,
    });
  });

  it('go DOWN in pages, and only those that are not DOWN', async () => {
    const { bench, start } = await cloudOf(1);
    for (let number = 100; number < 1300; number++)
      await bench.say(number, number % 2 === 0 ? 'ACTIVE' : 'ERROR', { chassis: 'cn7' });
    await bench.say(99, 'DOWN', { chassis: 'cn7' });
    const server = await start('A', { silence: { ...SILENCE, downMostPercent: 100 } });
    await bench.pass(JUDGED_MS);
    expect(events(server, 'chassis.down')).toMatchObject([{ chassis: 'cn7', ports: 1200 }]);
    const left = await new MemoryNorthbound(bench.database).reports('cn7', { limit: 2000 });
    expect(left).toEqual([]);
  });

  it('keep their status where chassis.downAfterMs is not set', async () => {
    const { bench, nodes } = await cloudOf(2);
    await bench.start('A');
    await nodes[0]?.stop();
    await bench.pass(20 * DOWN_AFTER_MS);
    expect(await bench.status(1)).toBe('ACTIVE');
  });

  it('keep their status where apply.chassis does not name it; the ledger notes what would be written', async () => {
    const { bench, nodes, start } = await cloudOf(1);
    const writer = await start('A');
    await bench.pass(1000);
    writer.stop();
    await start('B', { mayWrite: (chassis) => chassis !== 'cn1' });
    await nodes[0]?.stop();
    await bench.pass(JUDGED_MS);
    expect(await bench.status(1)).toBe('ACTIVE');
    expect(await bench.ledger(1)).toMatchObject({ status: 'DOWN', mode: 'observe' });
    expect(bench.nova.wordsOf(1)).toEqual(['plugged']);
  });
});

describe('no chassis is taken for dead', () => {
  it('by a server that has just started, however long it was silent before', async () => {
    const { bench, nodes, start } = await cloudOf(2);
    const first = await start('A');
    await nodes[0]?.stop();
    await bench.pass(DOWN_AFTER_MS - 5000);
    first.stop();
    await start('A');
    await bench.pass(DOWN_AFTER_MS - 1000);
    expect(await bench.status(1)).toBe('ACTIVE');
    await bench.pass(JUDGED_MS - DOWN_AFTER_MS);
    expect(await bench.status(1)).toBe('DOWN');
  });

  it('because the northbound data was lost: agents have all the time to speak again', async () => {
    const { bench, nodes, start } = await cloudOf(2);
    const server = await start('A');
    await bench.pass(DOWN_AFTER_MS / 2);
    for (const node of nodes) node.cut();
    bench.database.loseEverything();
    await bench.pass(3 * DOWN_AFTER_MS);
    expect([await bench.status(1), await bench.status(2)]).toEqual(['ACTIVE', 'ACTIVE']);
    expect(await gauge(server, 'chassisSilent')).toBe(0);
  });

  it('because the data went back to what it was before they spoke', async () => {
    const { bench, nodes, start } = await cloudOf(1);
    await start('A');
    bench.database.checkpoint();
    await bench.pass(DOWN_AFTER_MS - 5000);
    nodes[0]?.cut();
    bench.database.rollBack();
    await bench.pass(DOWN_AFTER_MS - 5000);
    expect(await bench.status(1)).toBe('ACTIVE');
    nodes[0]?.restore();
    await bench.pass(JUDGED_MS);
    expect(await bench.status(1)).toBe('ACTIVE');
  });

  it('because the server could not look for a while, although it kept its lease', async () => {
    const { bench, nodes, start } = await cloudOf(1);
    const server = await start('A');
    nodes[0]?.pause();
    await bench.pass(DOWN_AFTER_MS / 5);
    server.process.intercept('chassis', () =>
      Promise.reject(new PortStatusError('UNAVAILABLE', 'no answer; wait')),
    );
    await bench.pass(JUDGED_MS);
    server.process.free('chassis');
    await bench.pass(DOWN_AFTER_MS - 10_000);
    expect(await bench.status(1)).toBe('ACTIVE');
  });

  it('that spoke between the look and the take-over', async () => {
    const { bench, nodes, start } = await cloudOf(1);
    const server = await start('A');
    nodes[0]?.pause();
    server.process.intercept('takeOverChassis', async (proceed) => {
      server.process.free('takeOverChassis');
      nodes[0]?.resume();
      await bench.clock.sleep(2000);
      return proceed();
    });
    await bench.pass(JUDGED_MS);
    expect(await bench.status(1)).toBe('ACTIVE');
    expect(events(server, 'chassis.down')).toEqual([]);
    expect(events(server, 'listener.lost')).toEqual([]);
  });
});

describe('a chassis that is being taken over', () => {
  it('is left alone where the data has become another meanwhile', async () => {
    const { bench, nodes, start } = await cloudOf(1);
    const before = await start('A');
    nodes[0]?.pause();
    await bench.pass(DOWN_AFTER_MS / 2);
    before.stop();
    const { process } = await bench.start('A', { silence: SILENCE }, (one) => {
      // Nothing tells the server at once that its registration is lost.
      for (const verb of ['receive', 'untilOrphans']) one.intercept(verb, forever);
    });
    bench.database.checkpoint();
    process.intercept('takeOverChassis', async (proceed) => {
      await bench.clock.sleep(100);
      bench.database.rollBack();
      return proceed();
    });
    await bench.pass(JUDGED_MS);
    expect((await bench.record(1))?.isDown).toBe(false);
  });
});

describe('of several servers', () => {
  it('the live one with the least id reports them DOWN', async () => {
    const { bench, nodes, start } = await cloudOf(2);
    const servers = { B: await start('B'), A: await start('A') };
    await nodes[0]?.stop();
    await bench.pass(JUDGED_MS);
    expect(await bench.status(1)).toBe('DOWN');
    expect([events(servers.A, 'chassis.down').length, events(servers.B, 'chassis.down').length]).toEqual([
      1, 0,
    ]);
  });

  it('another does it where that one is dead', async () => {
    const { bench, nodes, start } = await cloudOf(2);
    const first = await start('A');
    const second = await start('B');
    first.process.pause();
    await nodes[0]?.stop();
    await bench.pass(TTL_MS + JUDGED_MS);
    expect(events(second, 'chassis.down')).toMatchObject([{ chassis: 'cn1' }]);
  });

  it('another does the rest where it died in the midst of it', async () => {
    const { bench, nodes, start } = await cloudOf(2);
    const first = await start('A');
    await start('B');
    first.process.dieAt('takeOverChassis', 'after');
    await nodes[0]?.stop();
    await bench.pass(2 * JUDGED_MS);
    expect(await bench.status(1)).toBe('DOWN');
  });

  it('one that is overtaken by another in the midst of it goes on living', async () => {
    const { bench, nodes, start } = await cloudOf(2);
    const server = await start('A');
    await nodes[0]?.stop();
    server.process.intercept('publish', async (proceed) => {
      server.process.free('publish');
      await new MemoryNorthbound(bench.database).takeOverChassis('cn1', (await viewOf(bench, 'cn1')).beat);
      return proceed();
    });
    await bench.pass(JUDGED_MS + DOWN_AFTER_MS / 10);
    expect(events(server, 'listener.lost')).toEqual([]);
    expect(await bench.status(1)).toBe('DOWN');
  });
});

describe('when many chassis are silent at once', () => {
  async function fallSilent(): Promise<
    Awaited<ReturnType<typeof cloudOf>> & { readonly server: RunningServer }
  > {
    const cloud = await cloudOf(4);
    const server = await cloud.start('A');
    await cloud.bench.pass(10_000);
    await cloud.nodes[0]?.stop();
    await cloud.bench.pass(10_000);
    await cloud.nodes[1]?.stop();
    await cloud.bench.pass(2 * JUDGED_MS);
    return { ...cloud, server };
  }

  it('nothing is reported DOWN; it is logged once and shown', async () => {
    const { bench, server } = await fallSilent();
    expect([await bench.status(1), await bench.status(2)]).toEqual(['ACTIVE', 'ACTIVE']);
    expect(events(server, 'chassis.held')).toMatchObject([{ chassis: ['cn1'], all: 4 }]);
    expect([await gauge(server, 'chassisSilent'), await gauge(server, 'chassisHeld')]).toEqual([2, 2]);
  });

  it('the ports of a chassis that an operator approves go DOWN, and no others', async () => {
    const { bench } = await fallSilent();
    expect(await approve(bench, 'cn1')).toBe(true);
    await bench.pass(DOWN_AFTER_MS / 10 + 1000);
    expect([await bench.status(1), await bench.status(2)]).toEqual(['DOWN', 'ACTIVE']);
  });

  it('an approval is over as soon as the chassis has spoken', async () => {
    const { bench, nodes } = await fallSilent();
    await approve(bench, 'cn1');
    await nodes[0]?.start();
    await nodes[0]?.stop();
    await bench.pass(2 * JUDGED_MS);
    expect(await bench.status(1)).toBe('ACTIVE');
  });

  it('and they speak again, nothing has happened', async () => {
    const { bench, nodes, server } = await fallSilent();
    for (const node of nodes.slice(0, 2)) await node.start();
    await bench.pass(DOWN_AFTER_MS / 10 + 1000);
    expect([await bench.status(1), await bench.status(2)]).toEqual(['ACTIVE', 'ACTIVE']);
    expect(events(server, 'chassis.released')).toHaveLength(1);
    expect([await gauge(server, 'chassisSilent'), await gauge(server, 'chassisHeld')]).toEqual([0, 0]);
  });

  it('chassis without a port that is up do not count', async () => {
    const { bench, nodes, start } = await cloudOf(3);
    const server = await start('A');
    nodes[0]?.unplug(1);
    await bench.pass(1000);
    for (const node of nodes.slice(0, 2)) await node.stop();
    await bench.pass(JUDGED_MS);
    expect(await bench.status(2)).toBe('DOWN');
    expect(events(server, 'chassis.held')).toEqual([]);
    expect((await bench.record(1))?.portId).not.toBe(portIdOf(1));
  });
});

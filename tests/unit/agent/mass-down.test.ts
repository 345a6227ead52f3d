import { beforeEach, describe, expect, it } from 'vitest';
import { AgentBench, HEARTBEAT_MS, HOLD_MS, activePort, activePorts, portId } from './agent-bench.js';

const PORTS = 30;
const ALL = Array.from({ length: PORTS }, (_, number) => portId(number));

let bench: AgentBench;

beforeEach(async () => {
  bench = new AgentBench();
  bench.switch.plug(...activePorts(PORTS));
  await bench.start();
});

function storedDown(): number {
  return [...bench.stored().values()].filter(({ status }) => status === 'DOWN').length;
}

/** The switch comes back without these ports. */
async function comeBackWithout(...portIds: readonly string[]): Promise<void> {
  bench.switch.lose();
  bench.switch.unplug(...portIds);
  bench.switch.reconnect();
  await bench.settle();
}

describe('a reconnect that would turn many ports DOWN', () => {
  it('is held: nothing is published DOWN', async () => {
    await comeBackWithout(...ALL);
    await bench.pass(HOLD_MS - 1);
    expect([storedDown(), bench.agent?.health().held]).toEqual([0, PORTS]);
  });

  it('puts the hold on the chassis record at once', async () => {
    const sinceMs = bench.clock.now();
    await comeBackWithout(...ALL);
    expect((await bench.chassis()).hold).toMatchObject({ ports: PORTS, sinceMs });
  });

  it('is logged once, with what to do next', async () => {
    await comeBackWithout(...ALL);
    await bench.pass(HOLD_MS / 2);
    expect(bench.events('guard.held')).toMatchObject([
      { ports: PORTS, msg: expect.stringContaining('port-status approve cn1') as string },
    ]);
  });

  it('shows how many are held in the metric', async () => {
    await comeBackWithout(...ALL);
    expect((await bench.metrics.agentHeld.get()).values).toMatchObject([{ value: PORTS }]);
  });

  it('publishes at once what is not DOWN', async () => {
    bench.switch.lose();
    bench.switch.unplug(...ALL);
    bench.switch.plug(activePort(99), activePort(1, { attachment: 'plug-again' }));
    bench.switch.reconnect();
    await bench.settle();
    expect(bench.stored().get(portId(99))?.status).toBe('ACTIVE');
    expect(bench.stored().get(portId(1))?.attachment).toBe('plug-again');
  });

  it('holds ports that are there but DOWN, like those that are gone', async () => {
    bench.switch.lose();
    bench.switch.plug(...activePorts(PORTS).map((port) => ({ ...port, status: 'DOWN' as const })));
    bench.switch.reconnect();
    await bench.settle();
    expect([storedDown(), bench.agent?.health().held]).toEqual([0, PORTS]);
  });

  it('is not held where few ports fall', async () => {
    await comeBackWithout(...ALL.slice(0, 20));
    expect([storedDown(), bench.agent?.health().held]).toEqual([20, 0]);
  });

  it('is let go when an operator approves it', async () => {
    await comeBackWithout(...ALL);
    await bench.approve();
    await bench.pass(HEARTBEAT_MS);
    expect([storedDown(), bench.agent?.health().held]).toEqual([PORTS, 0]);
    expect((await bench.chassis()).hold).toBeUndefined();
  });

  it('is not let go by the approval of an earlier hold', async () => {
    await comeBackWithout(...ALL);
    await bench.approve();
    bench.switch.plug(...activePorts(PORTS));
    await bench.pass(HEARTBEAT_MS);
    await comeBackWithout(...ALL);
    await bench.pass(2 * HEARTBEAT_MS);
    expect([storedDown(), bench.agent?.health().held]).toEqual([0, PORTS]);
  });

  it('is let go when a dump that the agent asks for confirms it', async () => {
    await comeBackWithout(...ALL);
    const before = bench.switch.refreshes;
    await bench.pass(HOLD_MS);
    expect(bench.switch.refreshes - before).toBe(1);
    expect([storedDown(), bench.agent?.health().held]).toEqual([PORTS, 0]);
  });

  it('is not confirmed by a dump that comes too early', async () => {
    await comeBackWithout(...ALL);
    await bench.pass(HOLD_MS / 2);
    await comeBackWithout();
    await bench.pass(HOLD_MS / 2 - 1);
    expect([storedDown(), bench.agent?.health().held]).toEqual([0, PORTS]);
  });

  it('says nothing of ports that are back before it is confirmed', async () => {
    await comeBackWithout(...ALL);
    bench.switch.lose();
    bench.switch.plug(...activePorts(10));
    bench.switch.reconnect();
    await bench.pass(HOLD_MS);
    expect(storedDown()).toBe(PORTS - 10);
  });

  it('is let go for a single port by a live change of it', async () => {
    await comeBackWithout(...ALL);
    bench.switch.plug(activePort(1, { status: 'DOWN' }), activePort(2, { attachment: 'plug-again' }));
    await bench.settle();
    expect(bench.stored().get(portId(1))?.status).toBe('DOWN');
    expect(bench.stored().get(portId(2))?.attachment).toBe('plug-again');
    expect(bench.agent?.health().held).toBe(PORTS - 2);
  });

  it('is confirmed by the dump that follows, where the switch is lost when it could be', async () => {
    await comeBackWithout(...ALL);
    bench.switch.lose();
    await bench.pass(2 * HOLD_MS);
    expect(storedDown()).toBe(0);
    bench.switch.reconnect();
    await bench.settle();
    expect(storedDown()).toBe(PORTS);
  });
});

describe('a start that would turn many ports DOWN', () => {
  beforeEach(async () => {
    await bench.stop();
    bench.database.checkpoint();
    bench.switch.unplug(...ALL);
    bench.switch.plug(activePort(99));
    bench.database.rollBack();
    await bench.start();
  });

  it('publishes what is not DOWN, holds the rest, and does not say that the chassis is complete', async () => {
    expect(bench.stored().get(portId(99))?.status).toBe('ACTIVE');
    expect([storedDown(), bench.agent?.health().held]).toEqual([0, PORTS]);
    await bench.pass(HOLD_MS - HEARTBEAT_MS);
    const { complete } = await bench.chassis();
    expect(complete?.incarnation).not.toBe(bench.database.state.incarnation);
  });

  it('says that the chassis is complete once the held ports are let go and stored', async () => {
    await bench.approve();
    await bench.pass(HEARTBEAT_MS);
    const { complete, maxRevision } = await bench.chassis();
    expect([storedDown(), complete]).toEqual([
      PORTS,
      { revision: maxRevision, incarnation: bench.database.state.incarnation },
    ]);
  });
});

describe('ports that a start holds and that come back as they are stored', () => {
  beforeEach(async () => {
    await bench.stop();
    bench.switch.unplug(...ALL);
    await bench.start();
    bench.takeSaid();
  });

  it('need not be said when a live change tells it', async () => {
    bench.switch.plug(...activePorts(PORTS));
    await bench.settle();
    expect(bench.takeSaid()).toEqual([]);
    expect(bench.agent?.health()).toMatchObject({ held: 0, complete: true });
  });

  it('need not be said when a dump tells it', async () => {
    bench.switch.lose();
    bench.switch.plug(...activePorts(PORTS));
    bench.switch.reconnect();
    await bench.settle();
    expect(bench.takeSaid()).toEqual([]);
    expect(bench.agent?.health()).toMatchObject({ held: 0, complete: true });
  });
});

it('does not say that the chassis is complete while ports are held that it has published since it started', async () => {
  await bench.stop();
  bench.publishMs = 10;
  bench.database.checkpoint();
  bench.database.rollBack();
  await bench.start({ batch: PORTS - 1 });
  await bench.pass(10);
  await comeBackWithout(...ALL.slice(0, PORTS - 1));
  await bench.pass(HOLD_MS - HEARTBEAT_MS);
  expect(bench.agent?.health()).toMatchObject({ unpublished: 0, held: PORTS - 1, complete: false });
  await bench.pass(2 * HEARTBEAT_MS);
  expect(bench.agent?.health()).toMatchObject({ held: 0, complete: true });
});

it('never holds live changes, however many', async () => {
  bench.switch.unplug(...ALL);
  await bench.settle();
  expect(storedDown()).toBe(PORTS);
});

it('does not hold live changes that were still unpublished when the switch was lost', async () => {
  bench.northbound.cut();
  bench.switch.unplug(...ALL);
  await bench.settle();
  await comeBackWithout();
  bench.northbound.restore();
  await bench.pass(2000);
  expect([storedDown(), bench.agent?.health().held]).toEqual([PORTS, 0]);
});

it('holds again what is stored in a new incarnation and not on the switch', async () => {
  await bench.stop();
  bench.database.checkpoint();
  bench.switch.unplug(...ALL);
  bench.database.loseEverything();
  await bench.start();
  bench.database.rollBack();
  await bench.pass(2 * HEARTBEAT_MS);
  expect([storedDown(), bench.agent?.health().held]).toEqual([0, PORTS]);
});

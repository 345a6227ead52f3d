import { beforeEach, describe, expect, it } from 'vitest';
import { Outbasket } from '../../../src/agent/outbasket.js';
import type { SwitchDump } from '../../../src/agent/port-source.js';
import { Witness } from '../../../src/agent/witness.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { VirtualClock } from '../../../src/runtime/virtual-clock.js';
import { AgentBench, HOLD_MS, OPTIONS, activePort, activePorts, portId } from './agent-bench.js';

describe('a port that the switch records and has not confirmed', () => {
  let bench: AgentBench;

  beforeEach(async () => {
    bench = new AgentBench();
    bench.switch.plug(...activePorts(3));
    await bench.start();
    bench.takeSaid();
  });

  it('keeps what was last said of it', async () => {
    bench.switch.reboot();
    await bench.settle();
    expect([bench.takeSaid(), bench.agent?.health().unconfirmed]).toEqual([[], 3]);
    expect(bench.stored().get(portId(1))?.status).toBe('ACTIVE');
  });

  it('is reported when the switch says at last that it is DOWN', async () => {
    bench.switch.reboot();
    bench.switch.plug(activePort(1, { status: 'DOWN' }));
    await bench.settle();
    expect(bench.takeSaid()).toMatchObject([{ portId: portId(1), status: 'DOWN' }]);
  });

  it('is not reported when it is confirmed as it was', async () => {
    bench.switch.reboot();
    bench.switch.confirm();
    await bench.settle();
    expect([bench.takeSaid(), bench.agent?.health().unconfirmed]).toEqual([[], 0]);
  });

  it('is not said again to a database that lost it, until it is confirmed', async () => {
    bench.switch.reboot();
    await bench.settle();
    bench.database.loseEverything();
    await bench.pass(2000);
    expect([bench.takeSaid(), (await bench.chassis()).complete]).toEqual([[], undefined]);
    bench.switch.confirm();
    await bench.settle();
    expect(bench.takeSaid().map(({ status }) => status)).toEqual(['ACTIVE', 'ACTIVE', 'ACTIVE']);
    expect((await bench.chassis()).complete).toBeDefined();
  });

  it('keeps a chassis that nobody remembers from being complete', async () => {
    await bench.stop();
    bench.database.loseEverything();
    bench.switch.reboot();
    await bench.start();
    expect([bench.stored().size, (await bench.chassis()).complete]).toEqual([0, undefined]);
    bench.switch.unplug(portId(0), portId(1), portId(2));
    await bench.settle();
    expect((await bench.chassis()).complete).toBeDefined();
  });

  it('takes back a word that was not stored yet', async () => {
    bench.northbound.cut();
    bench.switch.plug(activePort(1, { status: 'DOWN' }));
    await bench.settle();
    bench.switch.reboot();
    await bench.settle();
    bench.takeSaid();
    bench.northbound.restore();
    await bench.pass(2000);
    expect(bench.takeSaid()).toEqual([]);
    bench.switch.confirm();
    await bench.settle();
    expect(bench.takeSaid()).toMatchObject([{ portId: portId(1), status: 'DOWN' }]);
  });
});

describe('a switch that says nothing', () => {
  it('shows why in the health of the agent', async () => {
    const bench = new AgentBench();
    await bench.start();
    expect(bench.agent?.health()).toMatchObject({ switch: 'up', lostReason: undefined });
    bench.switch.lose();
    await bench.settle();
    expect(bench.agent?.health()).toMatchObject({ switch: 'lost', lostReason: 'the test cut it' });
  });
});

describe('ports that the guard holds', () => {
  it('stay held while the switch leaves them open, and are asked for once', async () => {
    const bench = new AgentBench();
    bench.switch.plug(...activePorts(100));
    await bench.start();
    bench.switch.lose();
    bench.switch.plug(...activePorts(100).map((port) => ({ ...port, status: 'DOWN' as const })));
    bench.switch.reconnect();
    await bench.settle();
    bench.switch.refreshes = 0;
    bench.switch.reboot();
    await bench.pass(HOLD_MS);
    await bench.pass(HOLD_MS);
    expect([bench.agent?.health().held, bench.switch.refreshes]).toEqual([100, 1]);
    bench.switch.confirm();
    await bench.settle();
    expect(bench.agent?.health().held).toBe(0);
  });
});

describe('a dump of which a row could not be read', () => {
  const partial: SwitchDump = { kind: 'dump', ports: [activePort(1)], isPartial: true };
  let basket: Outbasket;
  let witness: Witness;

  beforeEach(() => {
    basket = new Outbasket(() => 0);
    const parts = { basket, clock: new VirtualClock(), random: seededRandom(1) };
    witness = new Witness({ ...parts, announceHold: () => undefined, guard: OPTIONS.guard });
    witness.expectAll(
      'start',
      [activePort(1), activePort(2)].map((port) => ({ ...port, observedAt: 0, stands: false })),
    );
  });

  it('turns no port DOWN that it does not name', () => {
    expect(witness.apply(partial)).toMatchObject({ falling: 0 });
    expect(basket.take(9)).toMatchObject([{ portId: portId(1), status: 'ACTIVE' }]);
  });

  it('does not make the chassis complete; one that names what is there does', () => {
    witness.apply(partial);
    basket.markStored(basket.take(9));
    expect(witness.isComplete()).toBe(false);
    witness.apply({ ...partial, isPartial: false });
    basket.markStored(basket.take(9));
    expect([basket.find(portId(2)), witness.isComplete()]).toEqual([undefined, true]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLOUD_PROGRAMS, setUpCloud } from '../support/cloud-set-up.js';
import type { CloudSetUp } from '../support/cloud-set-up.js';
import { eventually } from '../support/eventually.js';
import { LogicalPorts, tapOf } from '../support/logical-ports.js';
import { has } from '../support/needs.js';
import { NeutronApi } from '../support/neutron-api.js';
import { deviceOf, portIdOf } from '../support/neutron-rows.js';
import type { Program } from '../support/process.js';
import { SweepWitness } from '../support/sweep-witness.js';

const PLUGGED = 'network-vif-plugged completed';
const UNPLUGGED = 'network-vif-unplugged completed';
const FAILED = 'network-vif-plugged failed';
const SETTINGS = { reconcile: { everyMs: 1000 }, guard: { maxDown: 3 } };

describe.runIf(has('e2e/switch-rows', CLOUD_PROGRAMS))('rows of a real switch', () => {
  let set: CloudSetUp;
  let ports: LogicalPorts;
  let agent: Program;
  let witness: SweepWitness;

  beforeAll(async () => {
    set = await setUpCloud(SETTINGS);
    ports = new LogicalPorts(set);
    await Promise.all([set.startServer('a'), set.startServer('b')]);
    agent = await set.startAgent();
    witness = await SweepWitness.plug(ports, new NeutronApi(set.admin));
  });
  afterAll(() => set.dispose());

  it('that get another iface-id make the old port DOWN and the new one ACTIVE', async () => {
    const [old = 0, other = 0] = await ports.plant(2);
    await ports.plug([old]);
    await ports.settled([old], 'ACTIVE');
    const row = await ports.attachmentOf(old);
    const ids = [`iface-id=${JSON.stringify(portIdOf(other))}`, `vm-uuid=${deviceOf(other)}`];
    await set.ovs.vsctl('set', 'Interface', tapOf(old), ...ids.map((id) => `external_ids:${id}`));
    await ports.settled([old], 'DOWN');
    await ports.settled([other], 'ACTIVE');
    expect(await ports.state(old)).toMatchObject({ status: 'DOWN', revision: 5, blocks: 'L2' });
    expect(await ports.state(other)).toMatchObject({ status: 'ACTIVE', revision: 4, blocks: '' });
    expect([ports.words(old), ports.words(other)]).toEqual([[PLUGGED, UNPLUGGED], [PLUGGED]]);
    expect((await ports.ledger(other)).attachment).toBe(row);
  });

  it('whose device vanishes under the switch make their port DOWN, although the ofport stays', async (context) => {
    if (!set.ovs.hasRealDevices) context.skip();
    const [port = 0] = await ports.plant(1);
    await set.ovs.addTap(tapOf(port));
    await ports.plug([port], { type: '' });
    await ports.settled([port], 'ACTIVE');
    await set.ovs.deleteTap(tapOf(port));
    await ports.settled([port], 'DOWN');
    expect(await ports.state(port)).toMatchObject({ status: 'DOWN', revision: 5, blocks: 'L2' });
    expect(ports.words(port)).toEqual([PLUGGED, UNPLUGGED]);
    expect(Number(await set.ovs.vsctl('get', 'Interface', tapOf(port), 'ofport'))).toBeGreaterThan(0);
  });

  describe('whose device is missing', () => {
    it('leave their port DOWN, with the words of the switch, and make it ACTIVE when the device appears', async (context) => {
      if (!set.ovs.hasRealDevices) context.skip();
      const [port = 0] = await ports.plant(1);
      await ports.plug([port], { type: '' });
      await ports.judged(port, { status: 'DOWN', seen: stringWith('No such device') });
      expect((await set.ovs.vsctl('get', 'Interface', tapOf(port), 'ofport')).trim()).toBe('-1');
      await witness.nextSweep();
      expect(await ports.state(port)).toMatchObject({ status: 'DOWN', revision: 3, blocks: 'L2' });
      expect(ports.words(port)).toEqual([]);
      await set.ovs.addTap(tapOf(port));
      await ports.settled([port], 'ACTIVE');
      expect(ports.words(port)).toEqual([PLUGGED]);
    });

    it('make their port ERROR after switch.failAfterMs, and Nova fail the boot; and ACTIVE after all', async (context) => {
      if (!set.ovs.hasRealDevices) context.skip();
      await agent.stop();
      agent = await set.startAgent('--switch-fail-after-ms', '1000');
      const [port = 0] = await ports.plant(1);
      await ports.plug([port], { type: '' });
      await ports.settled([port], 'ERROR');
      expect(await ports.state(port)).toMatchObject({ status: 'ERROR', revision: 4, blocks: 'L2' });
      expect(ports.words(port)).toEqual([FAILED]);
      await set.ovs.addTap(tapOf(port));
      await ports.settled([port], 'ACTIVE');
      expect(await ports.state(port)).toMatchObject({ status: 'ACTIVE', revision: 5, blocks: '' });
      expect(ports.words(port)).toEqual([FAILED, PLUGGED]);
    });
  });

  describe('that went in a mass while the agent was away', () => {
    let numbers: readonly number[];

    beforeAll(async () => {
      numbers = await ports.plant(8);
      await ports.plug(numbers);
      await ports.settled(numbers, 'ACTIVE');
    });

    const all = async (): Promise<unknown> =>
      Promise.all(
        numbers.map(async (number) => ({
          state: await ports.state(number),
          ledger: await ports.ledger(number),
        })),
      );

    it('are held back: nothing is written, and nothing is said', async () => {
      const before = await all();
      await agent.stop();
      await ports.unplug(numbers);
      agent = await set.startAgent();
      expect(await agent.logged('guard.held')).toMatchObject({ ports: numbers.length });
      await eventually(async () => {
        const [view] = await set.northbound.chassis(['cn1']);
        expect(view?.hold).toMatchObject({ ports: numbers.length });
      });
      await witness.nextSweep();
      expect(await all()).toEqual(before);
      for (const number of numbers) expect(ports.words(number)).toEqual([PLUGGED]);
    });

    it('are let go by port-status approve', async () => {
      expect(await set.run('approve', 'cn1')).toMatchObject({
        exitCode: 0,
        stdout: 'approved: cn1 reports what it held\n',
      });
      await ports.settled(numbers, 'DOWN');
      for (const number of numbers) {
        expect(await ports.state(number)).toMatchObject({ status: 'DOWN', revision: 5, blocks: 'L2' });
        expect(ports.words(number)).toEqual([PLUGGED, UNPLUGGED]);
      }
    });
  });
});

function stringWith(part: string): string {
  return expect.stringContaining(part) as string;
}

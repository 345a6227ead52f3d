import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LOOK_STEPS_MS } from '../../src/domain/look.js';
import { CLOUD_PROGRAMS, setUpCloud } from '../support/cloud-set-up.js';
import type { CloudSetUp } from '../support/cloud-set-up.js';
import { eventually, pass } from '../support/eventually.js';
import { LogicalPorts } from '../support/logical-ports.js';
import { has } from '../support/needs.js';
import { NeutronApi } from '../support/neutron-api.js';
import { startOvs } from '../support/ovs.js';
import type { OvsFixture } from '../support/ovs.js';

const PLUGGED = 'network-vif-plugged completed';
/** Neither the sweep nor the ordinary looks again mend anything here. */
const SETTINGS = {
  reconcile: { everyMs: 600_000 },
  lookAgain: { everyMs: 60_000 },
  apply: { chassis: ['cn1', 'cn2'] },
};
/** The ledger is asked every second, and every second a target is looked at; the rest is for a slow machine. */
const ACTIVATED_WITHIN_MS = 5000;

describe.runIf(has('e2e/migration', CLOUD_PROGRAMS))('a port of a guest that migrates live', () => {
  let set: CloudSetUp;
  let api: NeutronApi;
  let source: LogicalPorts;
  let target: LogicalPorts;
  let targetSwitch: OvsFixture;

  beforeAll(async () => {
    set = await setUpCloud(SETTINGS);
    api = new NeutronApi(set.admin);
    source = new LogicalPorts(set);
    targetSwitch = await startOvs();
    await targetSwitch.addBridge('br-int');
    target = new LogicalPorts(set, { chassis: 'cn2', ovs: targetSwitch });
    await Promise.all([set.startServer('a'), set.startServer('b')]);
    await Promise.all([
      set.startAgent(),
      set.startAgent('--agent-chassis', 'cn2', '--switch-address', targetSwitch.address),
    ]);
  });
  afterAll(async () => {
    await set.dispose();
    await targetSwitch.dispose();
  });

  /** Runs on the source, and is plugged on the target, whose binding is not active yet: what Nova does first. */
  async function plugBoth(): Promise<number> {
    const [port = 0] = await source.plant(1);
    await source.plug([port]);
    await source.settled([port], 'ACTIVE');
    await api.addInactiveBinding(port, 'cn2');
    await target.plug([port]);
    const migrating = { status: 'ACTIVE', verdict: 'foreign', reason: 'migrating-here' };
    await target.judged(port, { ...migrating, owed_no: 1, told_no: 1 });
    return port;
  }

  it('is told to Nova as plugged when the target has plugged it; in Neutron nothing changes by that', async () => {
    const port = await plugBoth();
    expect(source.words(port)).toEqual([PLUGGED, PLUGGED]);
    expect(await source.state(port)).toMatchObject({ status: 'ACTIVE', revision: 5, blocks: '' });
  });

  it('becomes ACTIVE when the binding of the target is activated, and stays so when the source unplugs it', async () => {
    const port = await plugBoth();
    await api.activateBinding(port, 'cn2');
    await target.settled([port], 'ACTIVE');
    const state = await source.state(port);
    expect(state).toMatchObject({ status: 'ACTIVE', revision: 7, blocks: '' });
    await source.unplug([port]);
    await source.judged(port, { status: 'DOWN', verdict: 'foreign', reason: 'moved-away' });
    await eventually(async () => expect(await source.isRecorded(port)).toBe(false));
    expect(await source.state(port)).toEqual(state);
    await api.deleteBinding(port, 'cn1');
    await target.unplug([port]);
    await target.settled([port], 'DOWN');
    expect(source.words(port)).toEqual([PLUGGED, PLUGGED, PLUGGED, 'network-vif-unplugged completed']);
  });

  it('becomes ACTIVE, too, when that comes long after the report of the target', async () => {
    const port = await plugBoth();
    const { revision } = await target.ledger(port);
    await pass(LOOK_STEPS_MS.reduce((sum: number, stepMs) => sum + stepMs, 0) + 1000);
    await api.activateBinding(port, 'cn2');
    await target.settled([port], 'ACTIVE', ACTIVATED_WITHIN_MS);
    expect(await target.state(port)).toMatchObject({ status: 'ACTIVE', revision: 7, blocks: '' });
    expect((await target.ledger(port)).revision).toBe(revision);
  });

  it('stays ACTIVE on the source when the migration is given up, and the target unplugs it', async () => {
    const port = await plugBoth();
    const state = await source.state(port);
    await target.unplug([port]);
    await target.judged(port, { status: 'DOWN', verdict: 'foreign', reason: 'moved-away' });
    expect(await source.state(port)).toEqual(state);
    await api.deleteBinding(port, 'cn2');
    await source.unplug([port]);
    await source.settled([port], 'DOWN');
  });
});

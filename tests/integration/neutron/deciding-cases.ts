import { describe, expect, it } from 'vitest';
import type { Report } from '../../../src/domain/report.js';
import type { Outcome } from '../../../src/neutron/neutron.js';
import {
  deviceOf,
  plantAgent,
  plantBinding,
  plantPort,
  plantTrunk,
  portIdOf,
  portState,
  setAge,
} from '../../support/neutron-rows.js';
import type { NeutronRows, PlantedPort } from '../../support/neutron-rows.js';
import { JUDGING, outcomesOf, reportOf } from './scene.js';
import type { StoreFixture } from './scene.js';

const PORT = portIdOf(1);
const HERE = { portId: PORT, chassis: 'cn1' };
const ACTIVE = { status: 'ACTIVE', blocks: [] } as const;

/** The rows of docs/neutron.md, "Deciding", that hang on Neutron's tables: each on the rows that a real Neutron leaves. */
export function decidingCases(fixture: () => StoreFixture): void {
  const rows = (): NeutronRows => fixture().rows;
  const plant = (port: Partial<PlantedPort> = {}): Promise<void> =>
    plantPort(rows(), 1, { id: PORT, ...port });
  const state = (): ReturnType<typeof portState> => portState(rows(), PORT);
  let revision = 0;
  const say = async (more: Partial<Report> = {}): Promise<Outcome | undefined> =>
    outcomesOf(await fixture().neutron.judge([reportOf(1, ++revision, more)], JUDGING))[0];
  /** What the sweep finds is judged, as the server does. */
  const sweep = async (): Promise<readonly Outcome[]> => {
    const { disagreeing } = await fixture().neutron.sweep({ limit: 100 }, JUDGING);
    return outcomesOf(await fixture().neutron.judge(disagreeing, JUDGING));
  };
  const rebind = async (binding: Parameters<typeof plantBinding>[2]): Promise<void> => {
    await rows().run('delete from ml2_port_bindings where port_id = ?', [PORT]);
    await rows().run('delete from ml2_port_binding_levels where port_id = ?', [PORT]);
    await plantBinding(rows(), PORT, binding);
  };

  describe('a report of a port that Neutron has not bound', () => {
    it('waits while the port is unbound, and is applied once Neutron binds it', async () => {
      await plant({ host: '' });
      await plantBinding(rows(), PORT, { host: '', vifType: 'unbound' });
      expect(await say()).toMatchObject({ verdict: 'early', reason: 'unbound', isWaiting: true });
      expect(await state()).toMatchObject({ status: 'DOWN', revision: 3, blocks: 'L2' });
      await rebind({ host: 'cn1' });
      expect(await fixture().neutron.preview([HERE], JUDGING)).toEqual([HERE]);
      expect(await sweep()).toMatchObject([{ verdict: 'applied', wrote: 'ACTIVE', owes: true }]);
    });

    it('waits while the binding has failed, and is applied once it succeeds', async () => {
      await plant({ vifType: 'binding_failed' });
      expect(await say()).toMatchObject({ verdict: 'unbindable', reason: 'binding-failed', isWaiting: true });
      expect(await state()).toMatchObject({ status: 'DOWN', revision: 3, blocks: 'L2' });
      await rebind({ host: 'cn1' });
      expect(await sweep()).toMatchObject([{ wrote: 'ACTIVE' }]);
    });

    it('waits while no binding is active', async () => {
      await plant({ host: '' });
      await plantBinding(rows(), PORT, { host: 'cn1', status: 'INACTIVE' });
      expect(await say()).toMatchObject({ verdict: 'unbindable', reason: 'no-active-binding' });
    });

    it('changes nothing where Neutron bound the port elsewhere, whether it says UP or ERROR', async () => {
      await plant({ ...ACTIVE, host: 'cn2' });
      const before = await state();
      expect(await say()).toMatchObject({ verdict: 'misplaced', reason: 'bound-elsewhere', owes: false });
      expect(await say({ status: 'ERROR' })).toMatchObject({ verdict: 'misplaced' });
      expect(await state()).toEqual(before);
    });
  });

  describe('the administrative state', () => {
    it('keeps a port that is off from becoming ACTIVE until it is on, and takes our block away meanwhile', async () => {
      await plant({ adminStateUp: false });
      expect(await say()).toMatchObject({ verdict: 'admin-down', reason: 'administratively-down' });
      expect(await state()).toMatchObject({ status: 'DOWN', revision: 3, blocks: '' });
      await rows().run('update ports set admin_state_up = ? where id = ?', [1, PORT]);
      expect(await sweep()).toMatchObject([{ verdict: 'applied', wrote: 'ACTIVE' }]);
    });

    it('is noted, and nothing is written, where the port is ACTIVE and switched off', async () => {
      await plant({ ...ACTIVE, adminStateUp: false });
      expect(await say()).toMatchObject({ reason: 'active-though-administratively-down', owes: false });
      expect(await state()).toMatchObject({ status: 'ACTIVE', revision: 3 });
    });
  });

  describe('a port that is deleted', () => {
    it('keeps its UP, is forgotten with its DOWN, and is not brought back to life', async () => {
      await plant();
      await say();
      await rows().run('delete from ports where id = ?', [PORT]);
      expect(await sweep()).toMatchObject([{ verdict: 'absent', reason: 'no-such-port' }]);
      expect(await say()).toMatchObject({ verdict: 'absent', isWaiting: true });
      expect(await say({ status: 'DOWN' })).toMatchObject({ verdict: 'absent' });
      expect(await rows().run(`select port from ${fixture().ledger('reports')}`)).toEqual([]);
      expect(await rows().run('select id from ports')).toEqual([]);
    });
  });

  describe('a port that only neutron-server may write', () => {
    it('is left alone as the parent of a trunk', async () => {
      await plant();
      await plantTrunk(rows(), 1, PORT);
      expect(await say()).toMatchObject({ verdict: 'delegated', reason: 'trunk-parent', isWaiting: false });
      expect(await state()).toMatchObject({ status: 'DOWN', revision: 3, blocks: 'L2' });
    });

    it('is left alone where a live agent runs l2population', async () => {
      await plant();
      await plantAgent(rows(), 'cn1', { l2population: true, silentMs: 10_000 });
      expect(await say()).toMatchObject({ verdict: 'delegated', reason: 'l2population' });
      expect(await state()).toMatchObject({ status: 'DOWN', revision: 3, blocks: 'L2' });
    });

    it.each([
      ['the agent with l2population is dead', { l2population: true, silentMs: 120_000 }],
      ['a live agent runs without l2population', { l2population: false, silentMs: 0 }],
    ])('is an ordinary port where %s', async (_, agent) => {
      await plant();
      await plantAgent(rows(), 'cn1', agent);
      expect(await say()).toMatchObject({ verdict: 'applied', wrote: 'ACTIVE' });
    });
  });

  describe('a port in BUILD', () => {
    it('is left to the agent that wrote it while it is fresh, and written when it has grown old', async () => {
      await plant({ status: 'BUILD' });
      await setAge(rows(), 1, 2000);
      expect(await say()).toMatchObject({ verdict: 'early', reason: 'fresh-build', isWaiting: true });
      expect(await state()).toMatchObject({ status: 'BUILD', revision: 3, blocks: 'L2' });
      await setAge(rows(), 1, 15_000);
      expect(await sweep()).toMatchObject([{ verdict: 'applied', wrote: 'ACTIVE', owes: true }]);
    });

    it('is set DOWN at once, however fresh it is', async () => {
      await plant({ status: 'BUILD' });
      await setAge(rows(), 1, 0);
      expect(await say({ status: 'DOWN' })).toMatchObject({ verdict: 'applied', wrote: 'DOWN' });
    });
  });

  describe('a live migration', () => {
    it('is finished by what the target said long before its binding was activated', async () => {
      await plant(ACTIVE);
      await plantBinding(rows(), PORT, { host: 'cn2', status: 'INACTIVE' });
      await say();
      expect(await say({ chassis: 'cn2', attachment: 'row-on-cn2' })).toMatchObject({
        verdict: 'foreign',
        reason: 'migrating-here',
        owes: true,
      });
      await rebind({ host: 'cn2' });
      await rows().run('update ports set status = ? where id = ?', ['DOWN', PORT]);
      expect(await say({ status: 'DOWN' })).toMatchObject({ verdict: 'foreign', reason: 'moved-away' });
      expect(await state()).toMatchObject({ status: 'DOWN' });
      expect(await sweep()).toMatchObject([{ chassis: 'cn2', verdict: 'applied', wrote: 'ACTIVE' }]);
      expect(await state()).toMatchObject({ status: 'ACTIVE', blocks: '' });
    });

    it('is on its way where the profile of the active binding names the target', async () => {
      await plant({ ...ACTIVE, host: '' });
      const profile = JSON.stringify({ migrating_to: 'cn1' });
      await plantBinding(rows(), PORT, { host: 'cn2', profile });
      expect(await say()).toMatchObject({ verdict: 'foreign', reason: 'migrating-here', owes: true });
    });
  });

  it("puts our block beside DHCP's when the wire goes down, so that DHCP alone does not activate the port", async () => {
    await plant({ blocks: ['DHCP', 'L2'] });
    expect(await say()).toMatchObject({ verdict: 'blocked', reason: 'blocks-left' });
    expect(await state()).toMatchObject({ status: 'DOWN', revision: 3, blocks: 'DHCP' });
    await say({ status: 'DOWN' });
    expect(await state()).toMatchObject({ status: 'DOWN', revision: 3, blocks: 'DHCP,L2' });
  });

  it('gives no block to a port that is not of an instance, and owes Nova nothing for it', async () => {
    await plant({ ...ACTIVE, owner: '' });
    expect(await say({ status: 'DOWN' })).toMatchObject({ wrote: 'DOWN', owes: false });
    expect(await state()).toMatchObject({ status: 'DOWN', blocks: '' });
  });

  it("waits with another instance's UP until the port is given to that instance", async () => {
    await plant();
    expect(await say({ instance: deviceOf(2) })).toMatchObject({
      verdict: 'early',
      reason: 'other-instance',
    });
    expect(await state()).toMatchObject({ status: 'DOWN', revision: 3, blocks: 'L2' });
    await rows().run('update ports set device_id = ? where id = ?', [deviceOf(2), PORT]);
    expect(await sweep()).toMatchObject([{ verdict: 'applied', wrote: 'ACTIVE' }]);
  });

  it('takes an ERROR back when the port comes up after all', async () => {
    await plant();
    expect(await say({ status: 'ERROR' })).toMatchObject({ wrote: 'ERROR', owes: true });
    expect(await say()).toMatchObject({ verdict: 'applied', wrote: 'ACTIVE', owes: true });
    expect(await state()).toMatchObject({ status: 'ACTIVE', revision: 5, blocks: '' });
  });
}

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLOUD_PROGRAMS, setUpCloud } from '../support/cloud-set-up.js';
import type { CloudSetUp } from '../support/cloud-set-up.js';
import { completeDhcp } from '../support/dhcp-agent.js';
import { eventually } from '../support/eventually.js';
import { LogicalPorts } from '../support/logical-ports.js';
import { connectionOf } from '../support/mariadb.js';
import { countOf } from '../support/metrics.js';
import { has } from '../support/needs.js';
import { NeutronApi } from '../support/neutron-api.js';
import { plantBinding, portIdOf } from '../support/neutron-rows.js';
import type { Program } from '../support/process.js';
import { SweepWitness } from '../support/sweep-witness.js';

const BUILD_GRACE_MS = 6000;
const PLUGGED = 'network-vif-plugged completed';
const UNPLUGGED = 'network-vif-unplugged completed';
const SETTINGS = {
  reconcile: { everyMs: 1000 },
  neutron: { buildGraceMs: BUILD_GRACE_MS },
  http: { listen: '127.0.0.1:0' },
};

describe.runIf(has('e2e/deciding', CLOUD_PROGRAMS))('a plugged port that Neutron changes', () => {
  let set: CloudSetUp;
  let ports: LogicalPorts;
  let api: NeutronApi;
  let servers: readonly Program[];
  let witness: SweepWitness;

  beforeAll(async () => {
    set = await setUpCloud(SETTINGS);
    ports = new LogicalPorts(set);
    api = new NeutronApi(set.admin);
    servers = await Promise.all([set.startServer('a'), set.startServer('b')]);
    await set.startAgent();
    witness = await SweepWitness.plug(ports, api);
  });
  afterAll(() => set.dispose());

  async function plugActive(): Promise<number> {
    const [port = 0] = await ports.plant(1);
    await ports.plug([port]);
    await ports.settled([port], 'ACTIVE');
    return port;
  }

  describe('its binding', () => {
    it('may come after the plug: the port waits, and becomes ACTIVE when it is bound', async () => {
      const [port = 0] = await ports.plant(1, { host: '' });
      await plantBinding(set.rows, portIdOf(port), { host: '', vifType: 'unbound' });
      await ports.plug([port]);
      await ports.judged(port, { status: 'ACTIVE', verdict: 'early', reason: 'unbound' });
      expect(await ports.state(port)).toMatchObject({ status: 'DOWN', revision: 3, blocks: 'L2' });
      expect(ports.words(port)).toEqual([]);
      await api.bind(port, 'cn1');
      await ports.settled([port], 'ACTIVE');
      expect(await ports.state(port)).toMatchObject({ status: 'ACTIVE', revision: 5, blocks: '' });
      expect(ports.words(port)).toEqual([PLUGGED]);
    });

    it('may be made anew on the same host: the port is ACTIVE again although the switch says nothing new', async () => {
      const port = await plugActive();
      const { revision } = await ports.ledger(port);
      await api.rebind(port);
      expect(await ports.state(port)).toMatchObject({ status: 'DOWN', revision: 5, blocks: 'L2' });
      await ports.settled([port], 'ACTIVE');
      expect(await ports.state(port)).toMatchObject({ status: 'ACTIVE', revision: 6, blocks: '' });
      expect((await ports.ledger(port)).revision).toBe(revision);
      expect(ports.words(port)).toEqual([PLUGGED, PLUGGED]);
    });
  });

  describe('its administrative state', () => {
    it('keeps it DOWN while it is off, without our block, and lets it become ACTIVE when it is on', async () => {
      const [port = 0] = await ports.plant(1, { adminStateUp: false });
      await ports.plug([port]);
      await ports.judged(port, { verdict: 'admin-down', reason: 'administratively-down' });
      await witness.nextSweep();
      expect(await ports.state(port)).toMatchObject({ status: 'DOWN', revision: 3, blocks: '' });
      expect(ports.words(port)).toEqual([]);
      await api.setAdminState(port, true);
      await ports.settled([port], 'ACTIVE');
      expect(await ports.state(port)).toMatchObject({ status: 'ACTIVE', revision: 5 });
      expect(ports.words(port)).toEqual([PLUGGED]);
    });

    it('is noted and counted where it is switched off while ACTIVE; the dead VLAN of its agent makes it DOWN', async () => {
      const port = await plugActive();
      const counted = (): Promise<number> =>
        countOf(servers, 'port_status_judged_total', { verdict: 'admin-down', occasion: 'sweep' });
      const before = await counted();
      await api.setAdminState(port, false);
      await ports.judged(port, {
        verdict: 'admin-down',
        reason: 'active-though-administratively-down',
      });
      expect(await ports.state(port)).toMatchObject({ status: 'ACTIVE', revision: 5, blocks: '' });
      await eventually(async () => expect(await counted()).toBeGreaterThan(before));
      await ports.tag([port], 4095);
      await ports.settled([port], 'DOWN');
      expect(await ports.state(port)).toMatchObject({ status: 'DOWN', revision: 6, blocks: 'L2' });
      await api.setAdminState(port, true);
      await ports.tag([port]);
      await ports.settled([port], 'ACTIVE');
      expect(await ports.state(port)).toMatchObject({ status: 'ACTIVE', revision: 8, blocks: '' });
      expect(ports.words(port)).toEqual([PLUGGED, UNPLUGGED, PLUGGED]);
    });
  });

  describe('its rows', () => {
    it('may be made after it was reported: it becomes ACTIVE, and Nova hears of it', async () => {
      const [port = 0] = ports.reserve(1);
      await ports.plug([port]);
      await ports.judged(port, { verdict: 'absent', reason: 'no-such-port' });
      await witness.nextSweep();
      expect(ports.words(port)).toEqual([]);
      await ports.create([port]);
      await ports.settled([port], 'ACTIVE');
      expect(await ports.state(port)).toMatchObject({ status: 'ACTIVE', revision: 4, blocks: '' });
      expect(ports.words(port)).toEqual([PLUGGED]);
    });

    it('may be deleted while it is plugged: nothing is brought back, and its unplug leaves nothing behind', async () => {
      const port = await plugActive();
      await api.delete(port);
      await ports.judged(port, { verdict: 'absent', reason: 'no-such-port', status: 'ACTIVE' });
      expect(await ports.isRecorded(port)).toBe(true);
      await ports.unplug([port]);
      await expectForgotten(port);
    });

    it('may be deleted after its unplug: nothing is left of it either', async () => {
      const port = await plugActive();
      await ports.unplug([port]);
      await ports.settled([port], 'DOWN');
      await api.delete(port);
      await expectForgotten(port);
    });

    async function expectForgotten(port: number): Promise<void> {
      await eventually(async () => {
        expect(await ports.findInLedger(port)).toBeUndefined();
        expect(await ports.isRecorded(port)).toBe(false);
      });
      expect(await set.rows.run('select id from ports where id = ?', [portIdOf(port)])).toEqual([]);
      expect(await set.rows.run('select id from standardattributes where id = ?', [10_000 + port])).toEqual(
        [],
      );
    }
  });

  describe('a BUILD that neutron-openvswitch-agent writes when it synchronizes anew', () => {
    async function plugAndBuild(): Promise<number> {
      const port = await plugActive();
      await api.setStatus(port, 'BUILD');
      await ports.judged(port, { verdict: 'early', reason: 'fresh-build' });
      return port;
    }

    it('is left alone while it is fresh, and written over when the grace has passed', async () => {
      const port = await plugAndBuild();
      await witness.nextSweep();
      const { updatedAt, ...state } = await ports.state(port);
      expect(state).toEqual({ status: 'BUILD', revision: 5, blocks: '' });
      expect(ports.words(port)).toEqual([PLUGGED]);
      await ports.settled([port], 'ACTIVE');
      expect(await ports.state(port)).toMatchObject({ status: 'ACTIVE', revision: 6, blocks: '' });
      expect(ports.words(port)).toEqual([PLUGGED, PLUGGED]);
      const builtAt = Date.parse(`${String(updatedAt)}Z`);
      expect((await ports.ledger(port)).applied_at).toBeGreaterThanOrEqual(builtAt + BUILD_GRACE_MS);
    });

    it('is finished by that agent within the grace: we write nothing, and tell Nova nothing new', async () => {
      const port = await plugAndBuild();
      const { applied_at } = await ports.ledger(port);
      await api.setStatus(port, 'ACTIVE');
      await ports.judged(port, { verdict: 'applied', reason: 'agrees' });
      expect(await ports.state(port)).toMatchObject({ status: 'ACTIVE', revision: 6, blocks: '' });
      expect(await ports.ledger(port)).toMatchObject({ applied_at, owed_no: 1, told_no: 1 });
      expect(ports.words(port)).toEqual([PLUGGED]);
    });
  });

  it('waits for DHCP with its own block gone; whoever of the two comes last makes it ACTIVE, and Nova hears of it', async () => {
    const [port = 0] = await ports.plant(1, { blocks: ['DHCP', 'L2'] });
    await ports.plug([port]);
    await ports.judged(port, { verdict: 'blocked', reason: 'blocks-left' });
    await witness.nextSweep();
    expect(await ports.state(port)).toMatchObject({ status: 'DOWN', revision: 3, blocks: 'DHCP' });
    expect(ports.words(port)).toEqual([]);
    const connection = await set.mariadb.admin();
    await connection.query('use neutron');
    await completeDhcp(connectionOf(connection), portIdOf(port), async () => undefined);
    await connection.end();
    await ports.settled([port], 'ACTIVE');
    await ports.judged(port, { verdict: 'applied', owed_no: 1, told_no: 1 });
    expect(await ports.state(port)).toMatchObject({ status: 'ACTIVE', revision: 4, blocks: '' });
    expect(ports.words(port)).toEqual([PLUGGED]);
  });
});

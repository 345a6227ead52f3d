import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Line } from '../../src/cli/doctor/diagnose.js';
import { CLOUD_PROGRAMS, setUpCloud } from '../support/cloud-set-up.js';
import type { CloudSetUp } from '../support/cloud-set-up.js';
import { LogicalPorts } from '../support/logical-ports.js';
import type { LedgerEntry } from '../support/logical-ports.js';
import { countOf } from '../support/metrics.js';
import { has } from '../support/needs.js';
import { NeutronApi } from '../support/neutron-api.js';
import { plantAgent, plantTrunk, portIdOf } from '../support/neutron-rows.js';
import type { Program } from '../support/process.js';
import { SweepWitness } from '../support/sweep-witness.js';

/** The chassis `cn1` by a name that is not Neutron's; SQL may take it for the same. */
const MISNAMED = 'CN1';
const SETTINGS = {
  reconcile: { everyMs: 1000 },
  apply: { chassis: ['cn1', MISNAMED] },
  http: { listen: '127.0.0.1:0' },
};

describe.runIf(has('e2e/left-alone', CLOUD_PROGRAMS))('a plugged port that is not ours to write', () => {
  let set: CloudSetUp;
  let ports: LogicalPorts;
  let servers: readonly Program[];
  let agent: Program;
  let witness: SweepWitness;

  beforeAll(async () => {
    set = await setUpCloud(SETTINGS);
    ports = new LogicalPorts(set);
    servers = await Promise.all([set.startServer('a'), set.startServer('b')]);
    agent = await set.startAgent();
    witness = await SweepWitness.plug(ports, new NeutronApi(set.admin));
  });
  afterAll(() => set.dispose());

  const counted = (verdict: string): Promise<number> =>
    countOf(servers, 'port_status_judged_total', { verdict });

  /** Judged with this verdict, on arrival and by a sweep; Neutron's rows stay as they were planted, Nova hears nothing. */
  async function expectLeftAlone(port: number, said: Partial<LedgerEntry>, on = ports): Promise<void> {
    await on.judged(port, { status: 'ACTIVE', ...said });
    await witness.nextSweep();
    expect(await on.ledger(port)).toMatchObject({ ...said, mode: 'write', applied_at: null, owed_no: 0 });
    expect(await ports.state(port)).toMatchObject({
      ...{ status: 'DOWN', revision: 3, blocks: 'L2' },
      updatedAt: '2026-01-01 00:00:00',
    });
    expect(ports.requests(port)).toEqual([]);
  }

  describe('because only neutron-server may', () => {
    it('is left alone where a driver bound it that is not named; its unplug, too', async () => {
      const before = await counted('delegated');
      const [port = 0] = await ports.plant(1, { driver: 'ovn' });
      await ports.plug([port]);
      await expectLeftAlone(port, { verdict: 'delegated', reason: 'driver-not-allowed' });
      expect(await counted('delegated')).toBeGreaterThan(before);
      await ports.unplug([port]);
      await expectLeftAlone(port, { status: 'DOWN', verdict: 'delegated', reason: 'driver-not-allowed' });
    });

    it('is left alone as the parent of a trunk', async () => {
      const before = await counted('delegated');
      const [port = 0] = await ports.plant(1);
      await plantTrunk(set.rows, port, portIdOf(port));
      await ports.plug([port]);
      await expectLeftAlone(port, { verdict: 'delegated', reason: 'trunk-parent' });
      expect(await counted('delegated')).toBeGreaterThan(before);
    });

    it('is left alone while an agent there runs l2population, and written when it does no more', async () => {
      const before = await counted('delegated');
      await plantAgent(set.rows, 'cn1', { l2population: true, silentMs: 0 });
      const [port = 0] = await ports.plant(1);
      await ports.plug([port]);
      await ports.judged(port, { status: 'ACTIVE', verdict: 'delegated', reason: 'l2population' });
      expect(await ports.state(port)).toMatchObject({ status: 'DOWN', revision: 3, blocks: 'L2' });
      expect(ports.requests(port)).toEqual([]);
      expect(await counted('delegated')).toBeGreaterThan(before);
      await set.rows.run('delete from agents');
      await ports.settled([port], 'ACTIVE');
    });
  });

  describe("because its chassis does not bear the host's name in Neutron", () => {
    let misnamed: LogicalPorts;
    let port: number;

    beforeAll(async () => {
      await agent.stop();
      agent = await set.startAgent('--agent-chassis', MISNAMED);
      misnamed = new LogicalPorts(set, { chassis: MISNAMED, ovs: set.ovs });
      [port = 0] = await ports.plant(1);
      await ports.plug([port]);
    });

    it('is left alone, and counted', async () => {
      await expectLeftAlone(port, { verdict: 'misplaced', reason: 'bound-elsewhere' }, misnamed);
      expect(await counted('misplaced')).toBeGreaterThan(0);
    });

    it('is named by the doctor, with what to do about it', async () => {
      const { stdout } = await set.run('doctor', '--json');
      const { checks } = JSON.parse(stdout) as { readonly checks: readonly Line[] };
      const found = (what: string): readonly Line[] => checks.filter((line) => line.what === what);
      expect(found('host names')).toEqual([
        expect.objectContaining({
          level: 'FAIL',
          found: 'chassis CN1 is cn1 in Neutron',
          mend: 'set agent.chassis to cn1 on that compute node',
        }),
      ]);
      expect(found('misplaced reports')[0]).toMatchObject({
        level: 'warn',
        found: expect.stringMatching(
          /^CN1 reports \d+ ports of other hosts, such as [0-9a-f-]{36}, which Neutron has bound to cn1$/,
        ) as string,
      });
    });

    it('is written as soon as its agent bears the right name', async () => {
      await agent.stop();
      agent = await set.startAgent();
      await ports.settled([port], 'ACTIVE');
      expect(await ports.state(port)).toMatchObject({ status: 'ACTIVE', revision: 4, blocks: '' });
    });
  });
});

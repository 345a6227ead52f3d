import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLOUD_PROGRAMS, setUpCloud } from '../support/cloud-set-up.js';
import type { CloudSetUp } from '../support/cloud-set-up.js';
import { eventually } from '../support/eventually.js';
import { LogicalPorts } from '../support/logical-ports.js';
import { has } from '../support/needs.js';
import { portIdOf } from '../support/neutron-rows.js';

describe.runIf(has('e2e/observe', CLOUD_PROGRAMS))('servers that observe', () => {
  let set: CloudSetUp;
  let ports: LogicalPorts;
  let plugged: readonly number[];
  let unplugged: readonly number[];
  let silent: readonly number[];
  let before: unknown;

  beforeAll(async () => {
    set = await setUpCloud({ apply: { mode: 'observe' } });
    ports = new LogicalPorts(set);
    plugged = await ports.plant(3);
    unplugged = await ports.plant(2);
    silent = await ports.plant(1);
    before = await contentOf(set);
    await Promise.all([set.startServer('a'), set.startServer('b'), set.startAgent()]);
    await ports.plug([...plugged, ...unplugged]);
    await reported(plugged, 'ACTIVE');
    await ports.unplug(unplugged);
    await reported(unplugged, 'DOWN');
  });
  afterAll(() => set.dispose());

  async function reported(numbers: readonly number[], status: string): Promise<void> {
    for (const number of numbers)
      await eventually(async () => expect((await ports.ledger(number)).status).toBe(status));
  }

  it("change no row of Neutron's and say nothing to Keystone and Nova", async () => {
    expect(await contentOf(set)).toEqual(before);
    expect([...set.cloud.nova.requests, ...set.cloud.keystone.requests]).toEqual([]);
  });

  it('know what they would write, which compare lists, with exit code 1', async () => {
    const { exitCode, stdout, stderr } = await set.run('compare', '--json');
    expect([exitCode, stderr]).toEqual([1, '']);
    expect(JSON.parse(stdout)).toEqual({
      counts: { agrees: unplugged.length, differs: plugged.length, waits: 0, silent: silent.length },
      ports: plugged.map((number) => ({
        portId: portIdOf(number),
        host: 'cn1',
        neutronStatus: 'DOWN',
        reported: 'ACTIVE',
        verdict: 'applied',
        reason: 'written',
        wouldWrite: 'DELETE-L2 ACTIVE',
        standing: 'differs',
      })),
    });
  });

  it('find nothing to write where Neutron wrote it itself; compare then ends with 0', async () => {
    await set.admin.query(
      `update ports set status = 'ACTIVE' where id in (?);
       delete b from provisioningblocks b join ports p using (standard_attr_id) where p.status = 'ACTIVE'`,
      [plugged.map(portIdOf)],
    );
    const { exitCode, stdout } = await set.run('compare', '--json');
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout)).toEqual({
      counts: { agrees: plugged.length + unplugged.length, differs: 0, waits: 0, silent: silent.length },
      ports: [],
    });
  });
});

/** A checksum of each of Neutron's tables. */
async function contentOf({ rows }: CloudSetUp): Promise<unknown> {
  const tables = await rows.run(
    "select table_name as name from information_schema.tables where table_schema = 'neutron' order by table_name",
  );
  return rows.run(`checksum table ${tables.map(({ name }) => `neutron.${String(name)}`).join(', ')}`);
}

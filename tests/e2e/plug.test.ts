import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLOUD_PROGRAMS, setUpCloud } from '../support/cloud-set-up.js';
import type { CloudSetUp } from '../support/cloud-set-up.js';
import { eventually } from '../support/eventually.js';
import { LogicalPorts } from '../support/logical-ports.js';
import { has } from '../support/needs.js';
import { deviceOf, portIdOf } from '../support/neutron-rows.js';
import type { Program } from '../support/process.js';
import { recordStatements, writesAmong } from '../support/statements.js';

const PLUGGED = 'network-vif-plugged completed';
const UNPLUGGED = 'network-vif-unplugged completed';

describe.runIf(has('e2e/plug', CLOUD_PROGRAMS))(
  'a port of a real switch, with an agent and two servers',
  () => {
    let set: CloudSetUp;
    let ports: LogicalPorts;
    let agent: Program;

    beforeAll(async () => {
      set = await setUpCloud();
      ports = new LogicalPorts(set);
      await Promise.all([set.startServer('a'), set.startServer('b')]);
      agent = await set.startAgent();
    });
    afterAll(() => set.dispose());

    it('becomes ACTIVE when it is plugged: revision_number grows by 1, updated_at moves, the L2 block goes', async () => {
      const [port = 0] = await ports.plant(1);
      const startedAt = utcSecond(Date.now());
      await ports.plug([port]);
      await ports.settled([port], 'ACTIVE');
      const state = await ports.state(port);
      expect(state).toMatchObject({ status: 'ACTIVE', revision: 4, blocks: '' });
      expect(String(state.updatedAt) >= startedAt && String(state.updatedAt) <= utcSecond(Date.now())).toBe(
        true,
      );
    });

    it('is told to Nova in exactly one request, in the form in which Neutron tells it', async () => {
      const [port = 0] = await ports.plant(1);
      await ports.plug([port]);
      await ports.settled([port], 'ACTIVE');
      const requests = ports.requests(port);
      expect(requests.map(({ method, path, body }) => ({ method, path, body }))).toEqual([
        {
          method: 'POST',
          path: '/v2.1/os-server-external-events',
          body: `{"events":[{"name":"network-vif-plugged","server_uuid":"${deviceOf(port)}","status":"completed","tag":"${portIdOf(port)}"}]}`,
        },
      ]);
      expect(requests[0]?.headers).toEqual({
        host: expect.stringMatching(/^127\.0\.0\.1:\d+$/) as string,
        connection: 'keep-alive',
        'content-length': String(requests[0]?.body.length),
        'content-type': 'application/json',
        'openstack-api-version': 'compute 2.1',
        'x-auth-token': expect.stringMatching(/^gAAAAAB[0-9a-f]{32}$/) as string,
        'x-openstack-request-id': expect.stringMatching(
          /^req-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
        ) as string,
      });
    });

    it('stays DOWN while it has an ofport but not the VLAN tag that shows it is wired', async () => {
      const [port = 0, later = 0] = await ports.plant(2);
      await ports.plug([port], { tagged: false });
      expect(Number(await set.ovs.vsctl('get', 'Interface', `tap${port}`, 'ofport'))).toBeGreaterThan(0);
      await ports.plug([later]);
      await ports.settled([later], 'ACTIVE'); // the agent hears of one change after the other
      expect(await ports.state(port)).toMatchObject({ status: 'DOWN', revision: 3, blocks: 'L2' });
      await ports.tag([port]);
      await ports.settled([port], 'ACTIVE');
      expect(ports.words(port)).toEqual([PLUGGED]);
    });

    it('is left alone by an agent that was restarted, which says only what is new', async () => {
      const [port = 0, later = 0] = await ports.plant(2);
      await ports.plug([port]);
      await ports.settled([port], 'ACTIVE');
      const [state, ledger] = [await ports.state(port), await ports.ledger(port)];
      await agent.stop();
      await ports.plug([later]);
      agent = await set.startAgent();
      await ports.settled([later], 'ACTIVE');
      expect(await ports.ledger(port)).toEqual(ledger);
      expect(await ports.state(port)).toEqual(state);
      expect(ports.requests(port)).toHaveLength(1);
    });

    it('becomes DOWN with an L2 block when it is unplugged, and Nova hears of it', async () => {
      const [port = 0] = await ports.plant(1);
      await ports.plug([port]);
      await ports.settled([port], 'ACTIVE');
      await ports.unplug([port]);
      await ports.settled([port], 'DOWN');
      expect(await ports.state(port)).toMatchObject({ status: 'DOWN', revision: 5, blocks: 'L2' });
      expect(ports.requests(port).at(-1)?.body).toBe(
        `{"events":[{"name":"network-vif-unplugged","server_uuid":"${deviceOf(port)}","status":"completed","tag":"${portIdOf(port)}"}]}`,
      );
      expect(ports.words(port)).toEqual([PLUGGED, UNPLUGGED]);
    });

    it('becomes DOWN when it was unplugged while the agent was stopped, as soon as that starts', async () => {
      const [port = 0] = await ports.plant(1);
      await ports.plug([port]);
      await ports.settled([port], 'ACTIVE');
      await agent.stop();
      await ports.unplug([port]);
      agent = await set.startAgent();
      await ports.settled([port], 'DOWN');
      expect(await ports.state(port)).toMatchObject({ status: 'DOWN', revision: 5, blocks: 'L2' });
      expect(ports.words(port)).toEqual([PLUGGED, UNPLUGGED]);
    });

    it('is told to Nova again when it is plugged anew faster than a batch, though it never was DOWN', async () => {
      const [port = 0] = await ports.plant(1);
      await ports.plug([port]);
      await ports.settled([port], 'ACTIVE');
      const before = await ports.attachmentOf(port);
      agent.signal('SIGSTOP');
      await ports.replug([port]);
      agent.signal('SIGCONT');
      const after = await ports.attachmentOf(port);
      expect(after).not.toBe(before);
      await eventually(async () => expect((await ports.ledger(port)).owed_attachment).toBe(after));
      await ports.settled([port], 'ACTIVE');
      expect(ports.words(port)).toEqual([PLUGGED, PLUGGED]);
      expect(await ports.state(port)).toMatchObject({ status: 'ACTIVE', revision: 4, blocks: '' });
    });

    it("costs Neutron's tables three writes, in Neutron's own order, and our ledger two", async () => {
      const [port = 0] = await ports.plant(1);
      await ports.plug([port], { tagged: false });
      await ports.settled([port], 'DOWN');
      const statements = await recordStatements(set, async () => {
        await ports.tag([port]);
        await ports.settled([port], 'ACTIVE');
      });
      const id = 10_000 + port;
      expect(writesAmong(statements)).toEqual([
        `delete b from json_table('[${id}]', '$[*]' columns (id bigint path '$')) ours straight_join provisioningblocks b force index (primary) on b.standard_attr_id = ours.id and b.entity = 'L2'`,
        `update standardattributes set revision_number = revision_number + 1, updated_at = utc_timestamp() where id in (${id}) and (id, revision_number) in ((${id}, 3))`,
        `update ports set status = 'ACTIVE' where standard_attr_id in (${id})`,
        stringStarting('insert into `port_status`.`reports` '),
        stringStarting('update `port_status`.`reports` '),
      ]);
    });
  },
);

function stringStarting(start: string): string {
  return expect.stringMatching(new RegExp(`^${start}`)) as string;
}

/** As Neutron spells `updated_at`. */
function utcSecond(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
}

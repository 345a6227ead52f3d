import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLOUD_PROGRAMS, setUpCloud } from '../support/cloud-set-up.js';
import type { CloudSetUp } from '../support/cloud-set-up.js';
import { eventually, pass } from '../support/eventually.js';
import { LogicalPorts } from '../support/logical-ports.js';
import { has } from '../support/needs.js';
import type { Program } from '../support/process.js';

const OUTAGE_MS = 10_000;
const PLUGGED = 'network-vif-plugged completed';

describe.runIf(has('e2e/outages', CLOUD_PROGRAMS))('while ports come and go', () => {
  let set: CloudSetUp;
  let ports: LogicalPorts;
  let servers: readonly Program[];

  beforeAll(async () => {
    set = await setUpCloud();
    ports = new LogicalPorts(set);
    servers = await Promise.all([set.startServer('a'), set.startServer('b')]);
    await set.startAgent();
  });
  afterAll(() => set.dispose());

  /** Lets ports come and go while `trouble` lasts; then nothing may be lost, and nothing may be in quarantine. */
  async function survive(trouble: () => Promise<void>): Promise<void> {
    const numbers = await ports.plant(20);
    await ports.plug(numbers);
    const stop = new AbortController();
    const load = ports.churn(numbers, stop.signal);
    await trouble().finally(() => stop.abort());
    await load;
    await expectNothingLost(numbers);
  }

  async function expectNothingLost(numbers: readonly number[]): Promise<void> {
    for (const number of numbers) {
      const attachment = await ports.attachmentOf(number);
      await eventually(async () => expect((await ports.ledger(number)).attachment).toBe(attachment));
    }
    await ports.settled(numbers, 'ACTIVE');
    for (const number of numbers) {
      expect(await ports.state(number)).toMatchObject({ status: 'ACTIVE', blocks: '' });
      expect(ports.words(number).at(-1)).toBe(PLUGGED);
    }
    expect(await set.rows.run('select * from port_status.quarantine')).toEqual([]);
  }

  /** Breaks something, when the outage before is over, lets both servers run into it for a while, and mends it. */
  async function breakFor(ms: number, broken: string, mended: string): Promise<void> {
    await Promise.all(servers.map((server) => eventually(() => expect(isInOutage(server)).toBe(false))));
    const before = servers.map((server) => server.count('outage.began'));
    await set.admin.query(broken);
    await Promise.all(
      servers.map((server, index) => server.logged('outage.began', { times: (before[index] ?? 0) + 1 })),
    );
    await pass(ms);
    await set.admin.query(mended);
  }

  it('MariaDB may be gone for 10 s: no report and no word is lost', async () => {
    const groups = [
      await ports.plant(10),
      await ports.plant(10),
      await ports.plant(10),
      await ports.plant(10),
    ];
    const numbers = groups.flat();
    await ports.plug(numbers.slice(0, 10));
    await set.mariadb.stop();
    for (const group of groups.slice(1)) {
      await ports.plug(group);
      await pass(OUTAGE_MS / 3);
    }
    await set.mariadb.start();
    await expectNothingLost(numbers);
    for (const number of numbers) expect((await ports.state(number)).revision).toBe(4);
  });

  it('a right may be taken away and given back: no report is lost or set aside', async () => {
    const each = (change: string): string => `${change} 'ps_a'@'%'; ${change} 'ps_b'@'%'`;
    const revoke = each('revoke update (status) on neutron.ports from');
    await survive(() => breakFor(2000, revoke, each('grant update (status) on neutron.ports to')));
  });

  it('a right may be taken away from one server alone: it gives up its share, and the other writes all', async () => {
    const [cut] = servers;
    const numbers = await ports.plant(20);
    await set.admin.query("revoke update (status) on neutron.ports from 'ps_a'@'%'");
    await ports.plug(numbers);
    await cut?.logged('listener.gave-up', { withinMs: 60_000 });
    await ports.settled(numbers, 'ACTIVE');
    const joined = cut?.count('listener.joined') ?? 0;
    await set.admin.query("grant update (status) on neutron.ports to 'ps_a'@'%'");
    await cut?.logged('listener.joined', { times: joined + 1 });
    await expectNothingLost(numbers);
  });

  it('a column may be renamed and get its name back: no report is lost or set aside', async () => {
    const rename = 'alter table ports rename column status to state';
    await survive(() => breakFor(2000, rename, 'alter table ports rename column state to status'));
  });

  it('Nova may answer 500 for 10 s: statuses are written meanwhile, and it is told afterwards', async () => {
    const numbers = await ports.plant(20);
    set.cloud.nova.trouble.start({ kind: 'status', status: 500 });
    await ports.plug(numbers);
    await pass(OUTAGE_MS);
    for (const number of numbers) {
      expect(await ports.state(number)).toMatchObject({ status: 'ACTIVE', revision: 4 });
      expect(ports.words(number)).toEqual([]);
    }
    set.cloud.nova.trouble.stop();
    await ports.settled(numbers, 'ACTIVE', 30_000);
    for (const number of numbers) expect(ports.words(number)).toEqual([PLUGGED]);
  });

  it('nothing is written between pause and resume, and nothing is lost', async () => {
    await survive(async () => {
      expect(await set.run('pause')).toMatchObject({ exitCode: 0, stderr: '' });
      const before = await allWritten(set);
      await pass(3000);
      expect(await allWritten(set)).toEqual(before);
      expect(await set.run('resume')).toMatchObject({ exitCode: 0, stderr: '' });
    });
  });
});

/** Whether the last that a server logged of an outage is its beginning. One that it gave up its share in has no end of its own. */
function isInOutage(server: Program): boolean {
  return server.log().findLast(({ event }) => event?.startsWith('outage.'))?.event === 'outage.began';
}

/** What any write to Neutron's tables or word to Nova would change. */
async function allWritten({ rows, cloud }: CloudSetUp): Promise<unknown> {
  const sums = await rows.run(
    'checksum table standardattributes, ports, provisioningblocks, port_status.reports',
  );
  const [revisions] = await rows.run('select sum(revision_number) as sum from standardattributes');
  return { sums, revisions, heard: cloud.nova.heard.length };
}

import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../src/runtime/clock.js';
import { MARIADB } from '../../support/mariadb.js';
import { has } from '../../support/needs.js';
import { plantPort, portIdOf } from '../../support/neutron-rows.js';
import { POSTGRESQL } from '../../support/postgresql.js';
import { runIn } from '../../unit/cli/io.js';
import type { Ran } from '../../unit/cli/io.js';
import { JUDGING, reportOf } from '../neutron/scene.js';
import { mariadbCloud, postgresqlCloud, sqliteCloud, withNorthbound, withStore } from './cloud.js';
import type { Cloud, ServerCloud } from './cloud.js';

const TABLES = {
  standardattributes: 'id',
  networks: 'id',
  ports: 'id',
  provisioningblocks: 'standard_attr_id, entity',
  ml2_port_bindings: 'port_id, host',
  ml2_port_binding_levels: 'port_id, host, level',
  trunks: 'id',
  agents: 'id',
} as const;

type Row = Readonly<Record<string, unknown>>;
type Dump = Readonly<Record<keyof typeof TABLES, readonly Row[]>>;

async function dump({ rows }: Cloud): Promise<Dump> {
  const found: [string, readonly Row[]][] = [];
  for (const [table, key] of Object.entries(TABLES))
    found.push([table, await rows.run(`select * from ${table} order by ${key}`)]);
  return Object.fromEntries(found) as Dump;
}

/** The numbers of the ports that a test plants; their rows of standardattributes follow from them. */
const PLUGGED = 1;
const UNPLUGGED = 2;
const UNTOUCHED = 3;
const MOVED = 4;
const TRANSITIONS: ReadonlyMap<number, string> = new Map([
  [PLUGGED, 'ACTIVE'],
  [UNPLUGGED, 'DOWN'],
  [MOVED, 'DOWN'],
]);
const sid = (number: number): number => 10_000 + number;

/** What Neutron itself would have made of the same transitions, and of the rebinding. */
function asNeutronWouldHave(before: Dump, after: Dump): Dump {
  const statusOf = new Map([...TRANSITIONS].map(([number, status]) => [portIdOf(number), status]));
  const changed = new Set([...TRANSITIONS.keys()].map(sid));
  return {
    ...before,
    ports: before.ports.map((row) => ({ ...row, status: statusOf.get(String(row['id'])) ?? row['status'] })),
    standardattributes: before.standardattributes.map((row, index) =>
      changed.has(Number(row['id']))
        ? { ...row, revision_number: 4, updated_at: after.standardattributes[index]?.['updated_at'] }
        : row,
    ),
    provisioningblocks: [UNTOUCHED, MOVED].map((number) => ({ standard_attr_id: sid(number), entity: 'L2' })),
    ml2_port_bindings: after.ml2_port_bindings,
  };
}

async function plantPorts({ rows }: Cloud): Promise<void> {
  await plantPort(rows, PLUGGED, { id: portIdOf(PLUGGED) });
  await plantPort(rows, UNPLUGGED, { id: portIdOf(UNPLUGGED), status: 'ACTIVE', blocks: [] });
  await plantPort(rows, UNTOUCHED, { id: portIdOf(UNTOUCHED) });
  await plantPort(rows, MOVED, { id: portIdOf(MOVED), status: 'ACTIVE', blocks: [] });
}

/** Works as agent and server do, ten minutes ago, and lets Neutron bind a port anew while it is DOWN. */
async function workForAWhile(cloud: Cloud): Promise<void> {
  await withStore(cloud, async (neutron) => {
    const down = { status: 'DOWN' } as const;
    await neutron.judge(
      [reportOf(PLUGGED, 10), reportOf(UNPLUGGED, 10, down), reportOf(MOVED, 10, down)],
      JUDGING,
    );
  });
  await cloud.rows.run(`update ml2_port_bindings set host = 'cn2' where port_id = ?`, [portIdOf(MOVED)]);
  await withNorthbound(cloud, 600_000, async (northbound) => {
    const registration = await northbound.registerChassis('cn1');
    await northbound.keepChassis(registration, { version: '0.1.0' });
    const membership = await northbound.join({ id: 'A', ttlMs: 3000, versions: [1], program: '1' });
    await northbound.heartbeat(membership);
  });
}

function uninstall(cloud: Cloud, flags = ''): Promise<Ran> {
  const line = `uninstall --neutron-url ${cloud.url} --northbound-url sqlite:${cloud.northboundFile} ${flags}`;
  return runIn(line, { clock: systemClock });
}

function suite(name: string, open: () => Promise<Cloud>): void {
  describe(`port-status uninstall with ${name}`, () => {
    let cloud: Cloud;
    let before: Dump;
    beforeAll(async () => {
      cloud = await open();
      await plantPorts(cloud);
      before = await dump(cloud);
      await workForAWhile(cloud);
    });
    afterAll(() => cloud.dispose());

    it('says what it would do and does nothing in a dry run', async () => {
      const now = await dump(cloud);
      const { exitCode, stdout, stderr } = await uninstall(cloud, '--dry-run');
      expect([exitCode, stderr]).toEqual([0, '']);
      expect(stdout).toContain(`block L2 of ${portIdOf(UNPLUGGED)} (cn1): would be removed`);
      expect(stdout).toContain('would be dropped');
      expect(await dump(cloud)).toEqual(now);
      expect(existsSync(cloud.northboundFile)).toBe(true);
      expect(await cloud.ledgerTables()).not.toEqual([]);
    });

    it('refuses while a server or an agent lives, and names them', async () => {
      await withNorthbound(cloud, 1000, async (northbound) => {
        await northbound.join({ id: 'B', ttlMs: 3000, versions: [1], program: '1' });
        await northbound.registerChassis('cn7');
      });
      const { exitCode, stdout } = await uninstall(cloud);
      expect(exitCode).toBe(1);
      expect(stdout).toMatch(/^refused: server B is (live|late); stop it$/m);
      expect(stdout).toMatch(/^refused: the agent of cn7 was heard of \d+ s ago; stop it, and wait/m);
      expect(stdout).not.toContain('cn1 was heard of');
      expect(await cloud.ledgerTables()).not.toEqual([]);
      await withNorthbound(cloud, 600_000, async (northbound) => {
        await northbound.join({ id: 'B', ttlMs: 3000, versions: [1], program: '1' });
        await northbound.registerChassis('cn7');
      });
    });

    it('refuses where it can not know who still runs', async () => {
      const northboundFile = `${cloud.northboundFile}-mistyped`;
      const now = await dump(cloud);
      const { exitCode, stderr } = await uninstall({ ...cloud, northboundFile });
      expect(exitCode).toBe(78);
      expect(stderr).toContain('nobody can tell who still runs; correct northbound.url');
      expect(await dump(cloud)).toEqual(now);
      expect(await cloud.ledgerTables()).not.toEqual([]);
    });

    it("leaves Neutron's tables as they would be if only Neutron had written them", async () => {
      const { exitCode, stdout, stderr } = await uninstall(cloud);
      expect([exitCode, stderr]).toEqual([0, '']);
      expect(stdout).toContain(`block L2 of ${portIdOf(UNPLUGGED)} (cn1): removed: the port stays DOWN`);
      expect(stdout).toContain(
        `block L2 of ${portIdOf(MOVED)} (cn1): left: Neutron has bound the port to cn2`,
      );
      const after = await dump(cloud);
      expect(after).toEqual(asNeutronWouldHave(before, after));
    });

    it('leaves neither a ledger nor northbound data', async () => {
      expect(await cloud.ledgerTables()).toEqual([]);
      const beside = readdirSync(dirname(cloud.northboundFile)).filter((file) =>
        file.startsWith('northbound'),
      );
      expect(beside).toEqual([]);
    });

    it('removes what an interrupted run has left', async () => {
      writeFileSync(`${cloud.northboundFile}-mark`, '');
      const { exitCode, stdout } = await uninstall(cloud);
      expect(exitCode).toBe(0);
      expect(stdout).toContain(`northbound data: ${cloud.northboundFile}-mark removed`);
    });

    it('does nothing when it is run again', async () => {
      const { exitCode, stdout } = await uninstall(cloud);
      expect(exitCode).toBe(0);
      expect(stdout).toContain('ledger: there is none');
      expect(stdout).toContain('northbound data: there is none');
    });
  });
}

/** What depends on users and schemas, which a file has not. */
function serverSuite(name: string, open: () => Promise<ServerCloud>): void {
  suite(name, open);

  describe(`port-status uninstall with ${name}`, () => {
    let cloud: ServerCloud;
    beforeAll(async () => {
      cloud = await open();
      await plantPorts(cloud);
      await workForAWhile(cloud);
    });
    afterAll(() => cloud.dispose());

    /** Runs it as somebody who lacks a right: nothing may be changed, neither the flag that pauses the servers. */
    async function expectRefusal(url: string, words: string): Promise<void> {
      const before = await dump(cloud);
      const { exitCode, stderr } = await uninstall({ ...cloud, url });
      expect(exitCode).toBe(78);
      expect(stderr).toContain(words);
      const { exitCode: dry, stdout } = await uninstall({ ...cloud, url }, '--dry-run');
      expect(dry).toBe(1);
      expect(stdout).toMatch(/^refused: /m);
      expect(stdout).toContain(words);
      expect(await dump(cloud)).toEqual(before);
      expect(await cloud.rows.run('select value from port_status.settings')).toEqual([{ value: 'no' }]);
      expect(await cloud.rows.run('select * from port_status.reports')).toHaveLength(3);
    }

    it('is refused to a user who may not drop the ledger, before anything is changed', async () => {
      await expectRefusal(
        await cloud.addUser('server'),
        'run uninstall as the user who ran "port-status migrate"',
      );
    });

    it('is refused to a user who may not remove our blocks, before anything is changed', async () => {
      const url = await cloud.addUser('owner', (grant) => !grant.includes('INSERT, DELETE'));
      await cloud.letDrop('owner');
      await expectRefusal(url, 'missing right: DELETE on provisioningblocks');
    });

    it('drops our tables alone where others stand in the schema, with no right but those it needs', async () => {
      const url = await cloud.addUser('remover');
      await cloud.letDrop('remover');
      await cloud.rows.run('create table port_status.of_someone_else (id int)');
      const { exitCode, stdout } = await uninstall({ ...cloud, url });
      expect(exitCode).toBe(0);
      expect(stdout).toContain('schema port_status stays, because others stand in it');
      expect(await cloud.ledgerTables()).toEqual(['the schema itself', 'of_someone_else']);
    });
  });
}

suite('SQLite', sqliteCloud);
describe.runIf(has('integration/cli/uninstall', MARIADB))('with a private server', () =>
  serverSuite('MariaDB', mariadbCloud),
);
describe.runIf(has('integration/cli/uninstall', POSTGRESQL))('with a private server', () => {
  serverSuite('PostgreSQL', postgresqlCloud);

  it('uninstall on PostgreSQL is refused while others depend on the ledger, before anything is changed', async () => {
    const cloud = await postgresqlCloud();
    onTestFinished(() => cloud.dispose());
    await plantPorts(cloud);
    await workForAWhile(cloud);
    await cloud.rows.run(
      'create view owed as select port from port_status.reports where settle_at is not null',
    );
    const before = await dump(cloud);
    const { exitCode, stderr } = await uninstall(cloud);
    expect(exitCode).toBe(78);
    expect(stderr).toContain('other objects depend on it');
    expect(await dump(cloud)).toEqual(before);
    expect(await cloud.rows.run('select value from port_status.settings')).toEqual([{ value: 'no' }]);
  });
});

import { readFileSync } from 'node:fs';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Line } from '../../../src/cli/doctor/diagnose.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { startFakeCloud } from '../../../src/simulator/cloud/cloud.js';
import { MARIADB } from '../../support/mariadb.js';
import { has } from '../../support/needs.js';
import { plantAgent, plantPort, portIdOf } from '../../support/neutron-rows.js';
import { POSTGRESQL } from '../../support/postgresql.js';
import { OVS_PROGRAMS, startOvs } from '../../support/ovs.js';
import { runIn } from '../../unit/cli/io.js';
import { JUDGING, reportOf } from '../neutron/scene.js';
import { mariadbCloud, postgresqlCloud, sqliteCloud, withNorthbound, withStore } from './cloud.js';
import type { Cloud, ServerCloud } from './cloud.js';

/** What the doctor says, by check. */
async function ask(
  flags: string,
): Promise<{ readonly exitCode: number; readonly said: ReadonlyMap<string, string> }> {
  const { exitCode, stdout } = await runIn(`doctor --json ${flags}`, {
    clock: systemClock,
    version: '0.1.0',
  });
  const { checks } = JSON.parse(stdout) as { readonly checks: readonly Line[] };
  const said = new Map<string, string>();
  for (const { what, level, found } of checks)
    said.set(what, [said.get(what), `${level} ${found}`].filter(Boolean).join(' & '));
  return { exitCode, said };
}

function flagsFor({ url, northboundFile }: Pick<Cloud, 'url' | 'northboundFile'>): string {
  return `--for server --neutron-url ${url} --northbound-url sqlite:${northboundFile} --neutron-drivers openvswitch`;
}

const WRITING = '--apply-mode write --apply-chassis *';

/** A server and an agent that live, and ports that tell what the doctor has to find. */
async function live(cloud: Cloud): Promise<void> {
  const { rows } = cloud;
  await plantPort(rows, 1, { id: portIdOf(1) });
  await plantPort(rows, 2, { id: portIdOf(2), host: 'cn2' });
  await plantPort(rows, 3, { id: portIdOf(3), driver: 'ovn' });
  await plantAgent(rows, 'cn1', { l2population: false, silentMs: 600_000 });
  await withStore(cloud, async (neutron) => {
    await neutron.judge([reportOf(1, 10), reportOf(2, 11), reportOf(3, 12)], JUDGING);
    await neutron.setPaused(true);
    const entry = {
      portId: 'x',
      chassis: 'cn1',
      revision: 1,
      incarnation: 'i',
      body: '',
      reason: 'r',
      server: 'A',
    };
    await neutron.quarantine([entry], 10);
  });
  await withNorthbound(cloud, 0, async (northbound) => {
    const registration = await northbound.registerChassis('cn1');
    await northbound.keepChassis(registration, { version: '0.1.0' });
    await northbound.registerChassis('CN2');
    await northbound.join({ id: 'A', ttlMs: 60_000, versions: [1], program: '1' });
  });
}

function suite(name: string, open: () => Promise<Cloud>, ledger: (table: string) => string): void {
  describe(`port-status doctor with ${name}`, () => {
    let cloud: Cloud;
    beforeAll(async () => {
      cloud = await open();
      await live(cloud);
    });
    afterAll(() => cloud.dispose());

    it('finds what stands in the database and in the ledger', async () => {
      await cloud.rows.run(`update ${ledger('reports')} set owed_at = owed_at - 100000`);
      const { exitCode, said } = await ask(`${flagsFor(cloud)} --apply-chassis *`);
      expect(exitCode).toBe(1);
      expect(Object.fromEntries(said)).toMatchObject({
        configuration: 'ok complete for server',
        servers: 'ok live: A',
        agents: 'ok all of 2 chassis are heard of',
        versions: expect.stringContaining('ok ') as string,
        "Neutron's database": 'ok answers',
        'database server': expect.stringContaining('ok ') as string,
        'tables and columns': 'ok all are there',
        ledger: expect.stringContaining('ok ') as string,
        pause: 'warn all writing is paused; reports wait',
        quarantine: 'warn 1 report can never be written',
        'misplaced reports': `warn cn1 reports 1 port of other hosts, such as ${portIdOf(2)}, which Neutron has bound to cn2`,
        'delegated ports': 'ok driver-not-allowed 1',
        'debts to Nova': expect.stringMatching(
          /^warn 1 word owed for more than 60 s; .*, never said$/,
        ) as string,
        'host names': 'FAIL chassis CN2 is cn2 in Neutron',
        l2population: 'ok off on every chassis',
      });
    });

    it('finds a dead neutron-openvswitch-agent on a chassis that is written', async () => {
      const { said } = await ask(`${flagsFor(cloud)} ${WRITING}`);
      expect(said.get('neutron-openvswitch-agent')).toMatch(/^warn silent on cn1/);
      expect(said.get('configuration')).toMatch(/^FAIL nova\.auth_url is missing/);
    });

    it('changes nothing, neither in the databases nor beside the northbound file', async () => {
      const state = async (): Promise<unknown> => [
        contentOf(cloud.northboundFile),
        readFileSync(`${cloud.northboundFile}-mark`),
        await cloud.rows.run('select * from standardattributes order by id'),
        await cloud.rows.run('select * from ports order by id'),
        await cloud.rows.run(`select * from ${ledger('reports')} order by port`),
      ];
      const before = await state();
      await ask(`${flagsFor(cloud)} ${WRITING}`);
      expect(await state()).toEqual(before);
    });

    it('makes no northbound file where there is none', async () => {
      const northboundFile = `${cloud.northboundFile}-elsewhere`;
      const { said } = await ask(flagsFor({ ...cloud, northboundFile }));
      expect(said.get('northbound database')).toMatch(/^FAIL .* does not exist; check northbound\.url/);
      expect(() => readFileSync(northboundFile)).toThrow('ENOENT');
    });
  });
}

suite('SQLite', sqliteCloud, (table) => `port_status_${table}`);

/** What depends on users and their rights, which a file has not. */
function serverSuite(name: string, open: () => Promise<ServerCloud>): void {
  suite(name, open, (table) => `port_status.${table}`);

  describe(`port-status doctor with ${name} for a user who may not do all that a server does`, () => {
    let cloud: ServerCloud;
    beforeAll(async () => {
      cloud = await open();
    });
    afterAll(() => cloud.dispose());

    it('names a ledger that is not there, and skips what stands in it', async () => {
      const { exitCode, said } = await ask(flagsFor(cloud));
      expect(exitCode).toBe(1);
      expect(said.get('ledger')).toMatch(/^FAIL there is no ledger/);
      expect([...said].filter(([what]) => what.includes('quarantine'))).toEqual([
        [expect.stringContaining('pause'), 'skip a table, a column or a right is missing, see above'],
      ]);
    });

    it('names each right that is missing in a line of its own', async () => {
      await withStore(cloud, async () => undefined);
      const url = await cloud.addUser(
        'ps',
        (grant) => !grant.includes('UPDATE (') && !grant.includes('trunks'),
      );
      const { said } = await ask(`${flagsFor({ ...cloud, url })} ${WRITING}`);
      expect(
        said
          .get('rights')
          ?.split(' & ')
          .map((text) => text.replace(/ \(see .*/, '')),
      ).toEqual([
        'FAIL missing right: SELECT on trunks.port_id',
        'FAIL missing right: UPDATE(status) on ports',
        'FAIL missing right: UPDATE(revision_number, updated_at) on standardattributes',
      ]);
    });

    it('says that nobody answers', async () => {
      const { said } = await ask(flagsFor({ ...cloud, url: cloud.deadUrl }));
      expect(said.get("Neutron's database")).toMatch(/^FAIL .*ECONNREFUSED.*; check neutron\.url/);
    });
  });
}

describe.runIf(has('integration/cli/doctor', MARIADB))('with a private server', () =>
  serverSuite('MariaDB', mariadbCloud),
);
describe.runIf(has('integration/cli/doctor', POSTGRESQL))('with a private server', () =>
  serverSuite('PostgreSQL', postgresqlCloud),
);

describe('port-status doctor asks Keystone and Nova', () => {
  it('and finds that they take our credentials and our token, or what they refuse', async () => {
    const cloud = await startFakeCloud({ clock: systemClock, random: seededRandom(1) });
    const { auth_url, username = '', password = '' } = cloud.options;
    const flags = `--for server --nova-auth-url ${auth_url} --nova-username ${username} --nova-password`;
    const right = await ask(`${flags} ${password}`);
    const wrong = await ask(`${flags} wrong`);
    await cloud.dispose();
    expect(right.said.get('Nova')).toMatch(/^ok Keystone gives a token, and Nova at .+ takes it$/);
    expect(wrong.said.get('Nova')).toMatch(/^FAIL Keystone .* refuses user neutron/);
  });
});

describe.runIf(has('integration/cli/doctor', OVS_PROGRAMS))(
  'port-status doctor asks a real Open vSwitch',
  () => {
    it('whether its bridge is there and any port meets the ready rule', async () => {
      const ovs = await startOvs();
      const flags = `--for agent --northbound-url sqlite:/nowhere/nb.db --switch-ready tag --switch-address ${ovs.address}`;
      const without = await ask(flags);
      await ovs.addBridge('br-int');
      await ovs.plug({ device: 'tap1', portId: portIdOf(1) });
      const untagged = await ask(flags);
      await ovs.setTag('tap1', 5);
      const tagged = await ask(flags);
      await ovs.dispose();
      expect(without.said.get('switch')).toMatch(/^FAIL .* has no bridge br-int$/);
      expect(untagged.said.get('ready rule')).toBe('warn tag: none of 1 logical port of br-int has a tag');
      expect(tagged.said.get('ready rule')).toBe('ok tag: ready are 1 of 1');
    });
  },
);

/** Every row of a SQLite file: its bytes also change when SQLite moves rows from its log into it. */
function contentOf(file: string): unknown {
  const database = new Database(file);
  try {
    const tables = database
      .prepare("select name from sqlite_master where type = 'table' order by name")
      .all();
    return (tables as { readonly name: string }[]).map(({ name }) =>
      database.prepare(`select * from ${name}`).all(),
    );
  } finally {
    database.close();
  }
}

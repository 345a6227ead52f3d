import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { PortStatusError } from '../../../src/domain/errors.js';
import type { Neutron, Use } from '../../../src/neutron/neutron.js';
import { openDatabase } from '../../../src/neutron/open.js';
import { grants, LEDGER_VERSION, migrate } from '../../../src/neutron/sql/migrations.js';
import { createNeutron } from '../../../src/neutron/sql/store.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { createUser, loadNeutron, MARIADB, startMariadb } from '../../support/mariadb.js';
import type { Mariadb } from '../../support/mariadb.js';
import { has } from '../../support/needs.js';

/** What `check` says is wrong; undefined where all is well. */
async function findings(
  neutron: Neutron,
  use: Use = { willWrite: true },
): Promise<PortStatusError | undefined> {
  const error: unknown = await neutron.check(use).then(
    () => undefined,
    (caught: unknown) => caught,
  );
  return error as PortStatusError | undefined;
}

function expectOneLine(error: PortStatusError | undefined): void {
  expect(error?.message).toMatch(/^neutron\.url can not be used: [^\n]+$/);
}

describe.skipIf(!has("The layout of Neutron's database", MARIADB))('the check of a MariaDB', () => {
  let mariadb: Mariadb;
  let admin: Connection;
  let neutron: Neutron;

  const GRANTS = grants('neutron', 'port_status', "'ps'@'%'");

  beforeAll(async () => {
    mariadb = await startMariadb(['--log-bin=binlog', '--server-id=1']);
    admin = await mariadb.admin();
  });
  beforeEach(async () => {
    await loadNeutron(admin);
    const root = openDatabase(mariadb.url(), 'port_status', systemClock);
    await migrate(root, 'port_status');
    await root.db.destroy();
    await createUser(admin, 'ps', GRANTS);
    neutron = createNeutron(openDatabase(mariadb.url('ps'), 'port_status', systemClock), {
      clock: systemClock,
      random: seededRandom(1),
    });
    onTestFinished(() => neutron.close());
  });
  afterAll(async () => {
    await admin.end();
    await mariadb.dispose();
  });

  it('finds nothing wrong where the grants are those that are printed', async () => {
    expect(await findings(neutron)).toBeUndefined();
  });

  it('names a column that is missing', async () => {
    await admin.query('alter table neutron.ports drop column device_owner');
    const error = await findings(neutron);
    expect(error?.code).toBe('LAYOUT');
    expect(error?.message).toContain('ports.device_owner');
    expectOneLine(error);
  });

  it('names a table that is missing, by each of its columns', async () => {
    await admin.query('drop table neutron.trunks');
    expect((await findings(neutron))?.message).toContain('trunks.port_id');
  });

  const RIGHTS: readonly (readonly [right: string, table: string, named?: string])[] = [
    ...['standardattributes', 'ports', 'provisioningblocks', 'ml2_port_bindings'].map(
      (table) => ['SELECT', table] as const,
    ),
    ...['ml2_port_binding_levels', 'trunks', 'agents', 'alembic_version'].map(
      (table) => ['SELECT', table] as const,
    ),
    ['UPDATE (`status`)', 'ports', 'UPDATE(status) on ports'],
    [
      'UPDATE (`revision_number`, `updated_at`)',
      'standardattributes',
      'UPDATE(revision_number, updated_at) on standardattributes',
    ],
    ['INSERT', 'provisioningblocks', 'INSERT on provisioningblocks'],
    ['DELETE', 'provisioningblocks', 'DELETE on provisioningblocks'],
  ];

  it.each(RIGHTS)('names the right that is missing: %s on %s', async (right, table, named) => {
    await admin.query(`revoke ${right} on neutron.${table} from 'ps'@'%'`);
    const error = await findings(neutron);
    expect(error?.code).toBe('RIGHTS');
    expect(error?.message).toContain(named ?? `SELECT on ${table}.`);
    expect(error?.message).toContain('print-grants');
    expectOneLine(error);
  });

  it.each(['SELECT', 'INSERT', 'UPDATE', 'DELETE'])(
    'names the right to the ledger that is missing: %s',
    async (right) => {
      await admin.query(`revoke ${right} on port_status.* from 'ps'@'%'`);
      const error = await findings(neutron);
      expect(error?.message).toMatch(/(INSERT|UPDATE|DELETE) on the ledger|no right to it/);
      expect(error?.message).toContain('port-status migrate');
      expectOneLine(error);
    },
  );

  it('needs no right to write Neutron’s rows where it only observes', async () => {
    await admin.query("revoke UPDATE (`status`) on neutron.ports from 'ps'@'%'");
    expect(await findings(neutron, { willWrite: false })).toBeUndefined();
  });

  it('says everything that is wrong in one line', async () => {
    await admin.query('alter table neutron.ports drop column device_owner; drop table neutron.trunks');
    await admin.query("revoke INSERT on neutron.provisioningblocks from 'ps'@'%'");
    const error = await findings(neutron);
    for (const part of ['ports.device_owner', 'trunks.port_id', 'INSERT on provisioningblocks'])
      expect(error?.message).toContain(part);
    expectOneLine(error);
  });

  it('says what to run where there is no ledger', async () => {
    await admin.query('drop schema port_status');
    const error = await findings(neutron);
    expect(error?.code).toBe('LAYOUT');
    expect(error?.message).toContain('run "port-status migrate"');
    expectOneLine(error);
  });

  it('says what to run where the ledger is older than the program', async () => {
    await admin.query('delete from port_status.schema_version');
    const error = await findings(neutron);
    expect(error?.message).toContain(
      `the ledger has version 0, not ${LEDGER_VERSION}: run "port-status migrate"`,
    );
  });

  it('accepts a ledger that is newer than the program', async () => {
    await admin.query(`insert into port_status.schema_version values (${LEDGER_VERSION + 1}, 0)`);
    expect(await findings(neutron)).toBeUndefined();
  });

  it('refuses a table that knows no transactions', async () => {
    await admin.query('set foreign_key_checks = 0; alter table neutron.agents engine = MyISAM');
    const error = await findings(neutron);
    expect(error?.message).toContain('agents is a table of MyISAM: only InnoDB will do');
    expectOneLine(error);
  });

  it('refuses a server that is read-only, also to a program that writes the ledger alone', async () => {
    await admin.query('set global read_only = 1');
    onTestFinished(async () => {
      await admin.query('set global read_only = 0');
    });
    for (const willWrite of [true, false]) {
      const error = await findings(neutron, { willWrite });
      expect(error?.message).toContain('read-only or a replica');
      expectOneLine(error);
    }
    expect(await findings(neutron, { willWrite: false, keepsLedger: false })).toBeUndefined();
  });

  it('refuses binlog_format=STATEMENT, which READ COMMITTED may not write under', async () => {
    await admin.query("set global binlog_format = 'STATEMENT'");
    onTestFinished(async () => {
      await admin.query("set global binlog_format = 'ROW'");
    });
    const error = await findings(neutron);
    expect(error?.message).toContain('binlog_format is STATEMENT: set it to ROW or MIXED');
    expectOneLine(error);
  });
});

describe('the check of a SQLite file', () => {
  const DDL = fileURLToPath(new URL('../../../neutron-schema/sqlite.sql', import.meta.url));

  async function open(withLedger = true): Promise<{ neutron: Neutron; direct: Database.Database }> {
    const folder = mkdtempSync(join(tmpdir(), 'port-status-layout-'));
    const path = join(folder, 'neutron.db');
    const direct = new Database(path);
    direct.exec(readFileSync(DDL, 'utf8'));
    const store = openDatabase(`sqlite:${path}`, 'port_status', systemClock);
    if (withLedger) await migrate(store, 'port_status');
    const neutron = createNeutron(store, { clock: systemClock, random: seededRandom(1) });
    onTestFinished(async () => {
      await neutron.close();
      direct.close();
      rmSync(folder, { recursive: true });
    });
    return { neutron, direct };
  }

  it('finds nothing wrong with what Neutron makes', async () => {
    expect(await findings((await open()).neutron)).toBeUndefined();
  });

  it('names columns and tables that are missing, all in one line', async () => {
    const { neutron, direct } = await open();
    direct.exec('alter table ports rename column device_owner to owner; drop table trunks');
    const error = await findings(neutron);
    expect(error?.code).toBe('LAYOUT');
    expect(error?.message).toContain('ports.device_owner');
    expect(error?.message).toContain('trunks.port_id');
    expectOneLine(error);
  });

  it('says what to run where there is no ledger, or an older one', async () => {
    expect((await findings((await open(false)).neutron))?.message).toContain('run "port-status migrate"');
    const { neutron, direct } = await open();
    direct.exec('delete from port_status_schema_version');
    expect((await findings(neutron))?.message).toContain('the ledger has version 0');
  });

  it('accepts a ledger that is newer than the program', async () => {
    const { neutron, direct } = await open();
    direct.exec(`insert into port_status_schema_version values (${LEDGER_VERSION + 1}, 0)`);
    expect(await findings(neutron)).toBeUndefined();
  });
});

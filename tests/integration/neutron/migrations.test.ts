import { sql } from 'kysely';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../../src/neutron/open.js';
import { migrate } from '../../../src/neutron/sql/migrations.js';
import { createNeutron } from '../../../src/neutron/sql/store.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { seededRandom } from '../../../src/runtime/random.js';
import * as mariadb from '../../support/mariadb.js';
import { has } from '../../support/needs.js';
import { plantNetwork, plantPort, portIdOf } from '../../support/neutron-rows.js';
import type { NeutronRows } from '../../support/neutron-rows.js';
import { makeNeutronFile } from '../../support/neutron-server.js';
import * as postgresql from '../../support/postgresql.js';
import { JUDGING, reportOf } from './scene.js';

/** A database with Neutron's tables, and who may make the ledger beside them. */
interface Place {
  readonly url: string;
  readonly rows: NeutronRows;
}

/** What the program of version 2 writes with a judgement, as far as it may not be null. */
const OLD = {
  port: portIdOf(1),
  chassis: 'cn1',
  epoch: 1,
  revision: 10,
  status: 'ACTIVE',
  attachment: 'row-1',
  observed_at: 1,
  verdict: 'early',
  reason: 'unbound',
  mode: 'write',
  effects: '',
  blocks: '',
  server: 'old',
  judged_at: 1,
  has_our_block: 0,
  owed_no: 0,
  told_no: 0,
  attempts: 0,
};

function migrationSuite(name: string, open: () => Promise<Place>): void {
  it(`brings a ledger of version 2 with rows on ${name} to version 4, beside a program of version 2`, async () => {
    const { url, rows } = await open();
    await plantNetwork(rows);
    await plantPort(rows, 1, { id: portIdOf(1) });
    const store = openDatabase(url, 'port_status', systemClock);
    const { db, dialect } = store;
    const neutron = createNeutron(store, { clock: systemClock, random: seededRandom(1) });
    onTestFinished(() => neutron.close());
    const reports = dialect.ledger('reports');
    const forgetVersion = (): Promise<unknown> =>
      sql`delete from ${dialect.ledger('schema_version')} where version > 2`.execute(db);
    const writeAsBefore = (row: typeof OLD): Promise<unknown> => {
      const columns = Object.keys(row);
      const values = dialect.values(reports, columns, [Object.values(row)]);
      const overwrite = dialect.overwrite(columns.slice(2), 'port, chassis');
      return sql`insert into ${reports} (${sql.raw(columns.join(', '))}) ${values} ${overwrite}`.execute(db);
    };
    const history = async (): Promise<string | null | undefined> =>
      (await sql<{ history: string | null }>`select history from ${reports}`.execute(db)).rows[0]?.history;

    expect(await migrate(store, 'port_status')).toEqual([2, 3, 4]);
    await sql`drop table ${dialect.ledger('calls')}`.execute(db);
    await sql`alter table ${reports} drop column history`.execute(db);
    await forgetVersion();
    await writeAsBefore(OLD);
    await expect(neutron.check({ willWrite: true })).rejects.toThrow(
      'the ledger has version 2, not 4: run "port-status migrate"',
    );

    expect(await migrate(store, 'port_status')).toEqual([3, 4]);
    await expect(neutron.check({ willWrite: true })).resolves.toBeUndefined();
    expect(await history()).toBeNull();
    await neutron.judge([reportOf(1, 11)], JUDGING);
    const kept = await history();
    expect(kept).toMatch(/^\d+ A row-1 applied written wdA p A\n$/);

    await writeAsBefore({ ...OLD, revision: 12, status: 'DOWN' });
    expect(await history()).toBe(kept);
    await neutron.judge([reportOf(1, 13, { status: 'DOWN' })], JUDGING);
    expect((await history())?.split('\n')).toHaveLength(3);

    await forgetVersion();
    expect(await migrate(store, 'port_status')).toEqual([3, 4]);
    expect(await migrate(store, 'port_status')).toEqual([]);
  });
}

describe('the migration of the ledger', () => {
  migrationSuite('SQLite', async () => {
    const file = await makeNeutronFile();
    onTestFinished(() => file.dispose());
    for (const table of ['reports', 'calls', 'settings', 'incarnations', 'quarantine', 'schema_version'])
      await file.rows.run(`drop table port_status_${table}`);
    return file;
  });

  describe.skipIf(!has('The migration of a ledger on MariaDB', mariadb.MARIADB))(
    'on a private server',
    () => {
      migrationSuite('MariaDB', async () => {
        const server = await mariadb.startMariadb();
        const admin = await server.admin();
        onTestFinished(async () => {
          await admin.end();
          await server.dispose();
        });
        await mariadb.loadNeutron(admin);
        await admin.query('use neutron');
        return { url: server.url(), rows: mariadb.connectionOf(admin) };
      });
    },
  );

  describe.skipIf(!has('The migration of a ledger on PostgreSQL', postgresql.POSTGRESQL))(
    'on a private cluster',
    () => {
      migrationSuite('PostgreSQL', async () => {
        const server = await postgresql.startPostgresql();
        const admin = await server.admin();
        onTestFinished(async () => {
          await admin.end();
          await server.dispose();
        });
        await postgresql.loadNeutron(admin);
        return { url: server.url(), rows: postgresql.connectionOf(admin) };
      });
    },
  );
});

import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/neutron/open.js';
import { readFlags, unlessPaused } from '../../../src/neutron/sql/flags.js';
import { transact } from '../../../src/neutron/sql/transaction.js';
import type { Transactor } from '../../../src/neutron/sql/transaction.js';
import { createNeutron } from '../../../src/neutron/sql/store.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { seededRandom } from '../../../src/runtime/random.js';
import { has } from '../../support/needs.js';
import { plantNetwork, plantPort, portIdOf } from '../../support/neutron-rows.js';
import type { NeutronConnection } from '../../support/neutron-rows.js';
import { startOnPostgresql } from '../../support/neutron-server.js';
import type { NeutronServer } from '../../support/neutron-server.js';
import { POSTGRESQL } from '../../support/postgresql.js';
import { JUDGING, outcomesOf, reportOf } from './scene.js';

describe.runIf(has('integration/neutron/postgresql-limits', POSTGRESQL))('a session on PostgreSQL', () => {
  let server: NeutronServer;
  let admin: NeutronConnection;
  const parts = { clock: systemClock, random: seededRandom(1), onConflict: () => undefined };
  const opened: Transactor[] = [];
  const open = (url = server.url): Transactor => {
    const store = { ...openDatabase(url, 'port_status', systemClock), ...parts };
    opened.push(store);
    return store;
  };

  beforeAll(async () => {
    server = await startOnPostgresql();
    admin = await server.connect();
    await plantNetwork(admin);
    for (const n of [1, 2]) await plantPort(admin, n, { id: portIdOf(n) });
  });
  afterAll(async () => {
    for (const { db } of opened) await db.destroy();
    await admin.end();
    await server.dispose();
  });

  it('waits 2 s for a lock and is ended when it is idle in a transaction for 5 s', async () => {
    const settings = ['lock_timeout', 'idle_in_transaction_session_timeout', 'TimeZone', 'search_path'];
    const { rows } = await sql<{ setting: string }>`
      select setting from pg_settings where name in (${sql.join(settings)}) order by lower(name)`.execute(
      open().db,
    );
    expect(rows.map(({ setting }) => setting)).toEqual(['5000', '2000', 'public', 'UTC']);
  });

  it('that is ended by the server is an outage, after which work goes on', async () => {
    const store = open();
    const work = transact(store, [], async (db) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(db);
      await admin.run('select pg_terminate_backend(?)', [rows[0]?.pid ?? 0]);
      await sql`select 1`.execute(db);
    });
    await expect(work).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(outcomesOf(await createNeutron(store, parts).judge([reportOf(1, 1)], JUDGING))).toMatchObject([
      { verdict: 'applied' },
    ]);
  });

  it('with a wrong password is refused for lack of rights', async () => {
    const neutron = createNeutron(open(server.url.replace(/:[^:@]+@/, ':wrong@')), parts);
    await expect(neutron.heads()).rejects.toMatchObject({ code: 'RIGHTS' });
  });

  it('names a database that does not exist as a wrong layout', async () => {
    const neutron = createNeutron(open(server.url.replace(/neutron$/, 'nothing')), parts);
    await expect(neutron.heads()).rejects.toMatchObject({ code: 'LAYOUT' });
  });

  it.each([
    ['is too long', { attachment: 'x'.repeat(65) }],
    ['holds a NUL', { attachment: 'a\0b' }],
  ])('refuses a report whose text %s, and nothing else', async (_, more) => {
    const judged = createNeutron(open(), parts).judge([reportOf(2, 1, more)], JUDGING);
    await expect(judged).rejects.toMatchObject({ code: 'DATA' });
  });

  it('in which nothing may be written is refused at the start, with the address to give', async () => {
    await admin.run("alter role ps set default_transaction_read_only = 'on'");
    const neutron = createNeutron(open(), parts);
    await expect(neutron.check({ willWrite: true })).rejects.toThrow(/give the address of the primary/);
    await admin.run('alter role ps reset default_transaction_read_only');
  });

  it('lets an operator pause the writing however busy the servers are', async () => {
    const neutron = createNeutron(open(), parts);
    const stop = new AbortController();
    let seen = 0;
    const busy = [1, 2, 3, 4].map(async () => {
      const store = open();
      while (!stop.signal.aborted)
        await unlessPaused(
          transact(store, [readFlags(store.dialect)], async () => {
            seen++;
            await systemClock.sleep(30);
          }),
          undefined,
        );
    });
    while (seen < 12) await systemClock.sleep(5);
    await neutron.setPaused(true);
    expect(await neutron.isPaused()).toBe(true);
    stop.abort();
    await Promise.all(busy);
  });
});

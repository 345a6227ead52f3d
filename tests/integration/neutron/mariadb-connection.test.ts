import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openMariadb } from '../../../src/neutron/sql/mariadb.js';
import { query } from '../../../src/neutron/sql/transaction.js';
import type { SqlStore } from '../../../src/neutron/sql/dialect.js';
import { loadNeutron, MARIADB, startMariadb } from '../../support/mariadb.js';
import type { Mariadb } from '../../support/mariadb.js';
import { has } from '../../support/needs.js';

describe.skipIf(!has('Connections to MariaDB', MARIADB))('a connection to MariaDB', () => {
  let mariadb: Mariadb;

  beforeAll(async () => {
    mariadb = await startMariadb();
    const admin = await mariadb.admin();
    await loadNeutron(admin);
    await admin.end();
  });
  afterAll(() => mariadb.dispose());

  function open(silenceMs: number): SqlStore {
    const store = openMariadb(new URL(mariadb.url()), 'port_status', silenceMs);
    onTestFinished(() => store.db.destroy());
    return store;
  }

  it('that hangs is given up, and the next statement gets another', async () => {
    const store = open(200);
    const hanging = query(store, (db) => sql`select sleep(50)`.execute(db));
    await expect(hanging).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const { rows } = await query(store, (db) => sql`select 1 as one`.execute(db));
    expect(rows).toEqual([{ one: 1 }]);
  });

  it('that was idle for as long is opened anew', async () => {
    const store = open(100);
    const connectionId = (): Promise<unknown> =>
      query(store, (db) => sql<{ id: number }>`select connection_id() as id`.execute(db)).then(
        ({ rows }) => rows[0]?.id,
      );
    const first = await connectionId();
    await expect.poll(connectionId, { interval: 150 }).not.toBe(first);
  });

  it('that the server closed is opened anew', async () => {
    const store = open(10_000);
    await query(store, (db) => sql`select 1`.execute(db));
    await mariadb.stop();
    await expect(query(store, (db) => sql`select 1`.execute(db))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    await mariadb.start();
    const { rows } = await query(store, (db) => sql`select 1 as one`.execute(db));
    expect(rows).toEqual([{ one: 1 }]);
  });
});

import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../../src/neutron/open.js';
import type { Link } from '../../../src/neutron/sql/link.js';
import { openMariadb } from '../../../src/neutron/sql/mariadb.js';
import { openPostgresql } from '../../../src/neutron/sql/postgresql.js';
import { query } from '../../../src/neutron/sql/transaction.js';
import type { SqlStore } from '../../../src/neutron/sql/dialect.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { loadNeutron, MARIADB, startMariadb } from '../../support/mariadb.js';
import { has } from '../../support/needs.js';
import { startOnMariadb, startOnPostgresql } from '../../support/neutron-server.js';
import type { NeutronServer } from '../../support/neutron-server.js';
import { POSTGRESQL } from '../../support/postgresql.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';
import type { TcpProxy } from '../../support/tcp-proxy.js';

/** Instead of the 15 s of the program. */
const SILENCE_MS = 1000;

type Open = (url: URL, ledgerSchema: string, link: Link) => SqlStore;

/** One statement; fails where it does not get the answer to itself. */
async function ask(store: SqlStore, value: number): Promise<void> {
  const { rows } = await query(store, (db) =>
    sql<{ asked: number }>`select ${sql.lit(value)} as asked`.execute(db),
  );
  expect(rows).toEqual([{ asked: value }]);
}

/** How a database spells a statement that takes a minute, and the number of the session. */
interface Words {
  readonly sleep: string;
  readonly session: string;
}

function suite(name: string, start: () => Promise<NeutronServer>, open: Open, words: Words): void {
  describe(`a connection to ${name}`, () => {
    let server: NeutronServer;

    beforeAll(async () => {
      server = await start();
    });
    afterAll(() => server.dispose());

    async function openThroughProxy(silenceMs: number): Promise<{ store: SqlStore; proxy: TcpProxy }> {
      const url = new URL(server.url);
      const proxy = await startTcpProxy({ host: '127.0.0.1', port: Number(url.port) });
      url.port = String(proxy.port);
      const store = open(url, 'port_status', { silenceMs });
      onTestFinished(async () => {
        await store.db.destroy();
        await proxy.dispose();
      });
      return { store, proxy };
    }

    it.each([
      ['is half-open', (proxy: TcpProxy) => proxy.halfOpen()],
      ['is swallowed by a firewall', (proxy: TcpProxy) => (proxy.passage = 'black-hole')],
    ])('that %s is given up, and the next statement gets another', async (_, cut) => {
      const { store, proxy } = await openThroughProxy(SILENCE_MS);
      await ask(store, 1);
      cut(proxy);
      await expect(ask(store, 2)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      proxy.passage = 'open';
      await ask(store, 3);
      expect(proxy.connections).toBe(2);
    });

    it('whose statement never ends is given up, and the next statement gets another', async () => {
      const { store } = await openThroughProxy(SILENCE_MS);
      const hanging = query(store, (db) => sql.raw(`select ${words.sleep}`).execute(db));
      await expect(hanging).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      await ask(store, 1);
    });

    it('is refused where it is to be encrypted and the server can not', async () => {
      const store = openDatabase(server.url, 'port_status', systemClock, { tls: 'unverified' });
      onTestFinished(() => store.db.destroy());
      await expect(ask(store, 1)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    });

    it('that was idle for as long is opened anew', async () => {
      const { store } = await openThroughProxy(100);
      const sessionId = (): Promise<unknown> =>
        query(store, (db) => sql.raw<{ id: number }>(`select ${words.session} as id`).execute(db)).then(
          ({ rows }) => rows[0]?.id,
        );
      const first = await sessionId();
      await expect.poll(sessionId, { interval: 150 }).not.toBe(first);
    });
  });
}

describe.runIf(has('integration/neutron/connection', MARIADB))('with a private server', () => {
  suite('MariaDB', startOnMariadb, openMariadb, { sleep: 'sleep(60)', session: 'connection_id()' });

  it('a connection to MariaDB that the server closed is opened anew', async () => {
    const mariadb = await startMariadb();
    const admin = await mariadb.admin();
    await loadNeutron(admin);
    await admin.end();
    const store = openMariadb(new URL(mariadb.url()), 'port_status');
    onTestFinished(async () => {
      await store.db.destroy();
      await mariadb.dispose();
    });
    await ask(store, 1);
    await mariadb.stop();
    await expect(ask(store, 2)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await mariadb.start();
    await ask(store, 3);
  });
});

describe.runIf(has('integration/neutron/connection', POSTGRESQL))('with a private server', () =>
  suite('PostgreSQL', startOnPostgresql, openPostgresql, {
    sleep: 'pg_sleep(60)',
    session: 'pg_backend_pid()',
  }),
);

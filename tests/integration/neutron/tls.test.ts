import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { SqlStore } from '../../../src/neutron/sql/dialect.js';
import type { Link } from '../../../src/neutron/sql/link.js';
import { openDatabase } from '../../../src/neutron/open.js';
import { openMariadb } from '../../../src/neutron/sql/mariadb.js';
import { openPostgresql } from '../../../src/neutron/sql/postgresql.js';
import { readTls } from '../../../src/neutron/sql/tls.js';
import type { TlsChoice } from '../../../src/neutron/sql/tls.js';
import { query } from '../../../src/neutron/sql/transaction.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { MARIADB } from '../../support/mariadb.js';
import { has } from '../../support/needs.js';
import { startOnMariadb, startOnPostgresql } from '../../support/neutron-server.js';
import type { NeutronServer } from '../../support/neutron-server.js';
import { giveToServer, POSTGRESQL } from '../../support/postgresql.js';
import { makeTlsKeys, TLS_PROGRAMS } from '../../support/tls-keys.js';
import type { TlsKeys } from '../../support/tls-keys.js';

/** What the two databases call the same things. */
interface Words {
  readonly open: (url: URL, ledgerSchema: string, link: Link) => SqlStore;
  readonly session: string;
  /** Takes 0.4 s. */
  readonly pause: string;
  readonly isEncrypted: string;
}

function suite(
  name: string,
  start: (folder: string, keys: TlsKeys) => Promise<NeutronServer>,
  words: Words,
): void {
  describe(`TLS to ${name}`, () => {
    let server: NeutronServer;
    let keys: TlsKeys;
    let folder: string;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'port-status-tls-'));
      keys = await makeTlsKeys(folder);
      server = await start(folder, keys);
    });
    afterAll(async () => {
      await server.dispose();
      rmSync(folder, { recursive: true });
    });

    /** What the database answers to `select`, on a connection of its own. */
    async function ask(select: string, tls: TlsChoice, host = '127.0.0.1'): Promise<unknown> {
      const store = openDatabase(server.url.replace('127.0.0.1', host), 'port_status', systemClock, tls);
      onTestFinished(() => store.db.destroy());
      return answerOf(store, select);
    }

    const full = (): TlsChoice => ({ tls: 'verify-full', ...keys.client });

    it('lets in who shows its certificate, and is encrypted', async () => {
      expect(await ask(words.isEncrypted, full())).toBe(1);
    });

    it.each([
      ['without TLS', { tls: 'off' }],
      ['without a certificate', { tls: 'unverified' }],
    ] as const)('does not let in who comes %s', async (_, tls) => {
      await expect(ask('1', tls)).rejects.toMatchObject({ code: 'RIGHTS' });
    });

    it.each(['verify-full', 'verify-ca'] as const)(
      'is not trusted under %s where another authority has signed its certificate, and says what to check',
      async (tls) => {
        const asked = ask('1', { ...full(), tls, caCert: keys.stranger.caCert });
        await expect(asked).rejects.toMatchObject({
          code: 'UNAVAILABLE',
          message: expect.stringContaining('check neutron.tls, neutron.caCert') as string,
        });
      },
    );

    it('is trusted unverified whoever has signed its certificate', async () => {
      const tls = { ...full(), tls: 'unverified', caCert: keys.stranger.caCert } as const;
      expect(await ask(words.isEncrypted, tls)).toBe(1);
    });

    it('has to bear the host of the URL under verify-full alone', async () => {
      await expect(ask('1', full(), 'localhost')).rejects.toThrow(/localhost.*check neutron\.tls/);
      expect(await ask(words.isEncrypted, { ...full(), tls: 'verify-ca' }, 'localhost')).toBe(1);
    });

    it('is given up when it is silent, and not before', async () => {
      const store = words.open(new URL(server.url), 'port_status', { silenceMs: 1000, tls: readTls(full()) });
      onTestFinished(() => store.db.destroy());
      const session = (): Promise<unknown> => answerOf(store, words.session);
      const first = await session();
      for (let asked = 0; asked < 4; asked++) await answerOf(store, words.pause);
      expect(await session()).toBe(first);
      await expect.poll(session, { interval: 1500, timeout: 10_000 }).not.toBe(first);
    });
  });
}

async function answerOf(store: SqlStore, select: string): Promise<unknown> {
  const { rows } = await query(store, (db) =>
    sql.raw<{ answer: unknown }>(`select ${select} as answer`).execute(db),
  );
  return rows[0]?.answer;
}

async function startMariadbWith(_: string, { server }: TlsKeys): Promise<NeutronServer> {
  const { certificate, privateKey, caCert } = server;
  const started = await startOnMariadb([
    `--ssl-cert=${certificate}`,
    `--ssl-key=${privateKey}`,
    `--ssl-ca=${caCert}`,
  ]);
  const admin = await started.connect();
  await admin.run("alter user 'ps'@'%' require x509");
  await admin.end();
  return started;
}

async function startPostgresqlWith(folder: string, { server }: TlsKeys): Promise<NeutronServer> {
  const rules = join(folder, 'pg_hba.conf');
  writeFileSync(
    rules,
    'local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256 clientcert=verify-ca\n',
  );
  giveToServer(folder);
  const { certificate, privateKey, caCert } = server;
  return startOnPostgresql([
    'ssl=on',
    `ssl_cert_file=${certificate}`,
    `ssl_key_file=${privateKey}`,
    `ssl_ca_file=${caCert}`,
    `hba_file=${rules}`,
  ]);
}

describe.runIf(has('integration/neutron/tls', { ...MARIADB, ...TLS_PROGRAMS }))('with a private server', () =>
  suite('MariaDB', startMariadbWith, {
    open: openMariadb,
    session: 'connection_id()',
    pause: 'sleep(0.4)',
    isEncrypted:
      "(select variable_value <> '' from information_schema.session_status where variable_name = 'Ssl_cipher')",
  }),
);
describe.runIf(has('integration/neutron/tls', { ...POSTGRESQL, ...TLS_PROGRAMS }))(
  'with a private server',
  () =>
    suite('PostgreSQL', startPostgresqlWith, {
      open: openPostgresql,
      session: 'pg_backend_pid()',
      pause: 'pg_sleep(0.4)',
      isEncrypted: '(select ssl::int from pg_stat_ssl where pid = pg_backend_pid())',
    }),
);

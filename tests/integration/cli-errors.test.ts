import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from 'mysql2/promise';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/runtime/clock.js';
import { systemRandom } from '../../src/runtime/random.js';
import { startFakeCloud } from '../../src/simulator/cloud/cloud.js';
import type { FakeCloud } from '../../src/simulator/cloud/cloud.js';
import { freePort } from '../support/free-port.js';
import { createUser, loadNeutron, MARIADB, startMariadb } from '../support/mariadb.js';
import type { Mariadb } from '../support/mariadb.js';
import { has } from '../support/needs.js';
import { runProgram } from '../support/process.js';
import type { Ended } from '../support/process.js';

/** Root opens everything, unless it gives up the two capabilities that let it. */
const WITHOUT_OVERRIDE = ['setpriv', '--bounding-set=-dac_override,-dac_read_search'];

const folder = mkdtempSync(join(tmpdir(), 'port-status-errors-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const COMMON = ['--northbound-url', `sqlite:${join(folder, 'northbound.db')}`, '--startup-timeout-ms', '300'];

/** What it says to people: lines of the log are not for them. */
function complaints({ stderr }: Ended): readonly string[] {
  return stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'));
}

function expectComplaint(ended: Ended, exitCode: number, complaint: RegExp): void {
  expect(complaints(ended)).toEqual([expect.stringMatching(complaint)]);
  expect(complaints(ended)[0]).toMatch(/^port-status: /);
  expect(ended.exitCode).toBe(exitCode);
}

describe('an agent that can not work says why in one line', () => {
  const runAgent = (address: string, prefix: readonly string[] = []): Promise<Ended> => {
    const words = ['agent', ...COMMON, '--http-listen', 'off', '--switch-ready', 'tag'];
    return runProgram([...words, '--agent-chassis', 'cn1', '--switch-address', address], { prefix });
  };

  it('with 78 where its configuration is wrong', async () => {
    const ended = await runProgram(['agent', ...COMMON, '--agent-chassis', 'cn1']);
    expectComplaint(ended, 78, /switch\.ready is missing: .* set --switch-ready/);
  });

  it("with 78 where it may not open the switch's socket", async () => {
    const path = join(folder, 'closed.sock');
    const database = createServer().listen(path);
    await once(database, 'listening');
    chmodSync(path, 0);
    const ended = await runAgent(`unix:${path}`, process.getuid?.() === 0 ? WITHOUT_OVERRIDE : []);
    database.close();
    expectComplaint(ended, 78, /closed\.sock cannot be opened: permission denied; add the user to the group/);
  });

  it('with 69 where nobody listens at the address of the switch', async () => {
    const port = await freePort();
    const ended = await runAgent(`tcp:127.0.0.1:${port}`);
    expectComplaint(
      ended,
      69,
      new RegExp(`127\\.0\\.0\\.1:${port} .*; is ovsdb-server running, and is the address`),
    );
  });
});

describe.runIf(has('integration/cli-errors', MARIADB))(
  'a server that can not work says why in one line',
  () => {
    let mariadb: Mariadb;
    let admin: Connection;
    let cloud: FakeCloud;

    beforeAll(async () => {
      cloud = await startFakeCloud({ clock: systemClock, random: systemRandom });
      mariadb = await startMariadb();
      admin = await mariadb.admin();
    });
    afterAll(async () => {
      await admin.end();
      await mariadb.dispose();
      await cloud.dispose();
    });
    beforeEach(async () => {
      await loadNeutron(admin);
      await runProgram(['migrate', '--neutron-url', mariadb.url()]);
      const { stdout } = await runProgram(['migrate', '--neutron-url', mariadb.url(), '--print-grants']);
      await createUser(admin, 'port_status', stdout.trim().split('\n'));
    });

    function runServer(url: string, ...words: readonly string[]): Promise<Ended> {
      const { auth_url, username = '', password = '' } = cloud.options;
      const environment = {
        PORT_STATUS_NEUTRON_URL: url,
        PORT_STATUS_NEUTRON_DRIVERS: 'openvswitch',
        PORT_STATUS_APPLY_MODE: 'write',
        PORT_STATUS_APPLY_CHASSIS: '*',
        PORT_STATUS_HTTP_LISTEN: 'off',
        PORT_STATUS_NOVA_AUTH_URL: auth_url,
        PORT_STATUS_NOVA_USERNAME: username,
        PORT_STATUS_NOVA_PASSWORD: password,
      };
      return runProgram(['server', ...COMMON, ...words], { environment });
    }

    it('with 78 where its configuration contradicts itself', async () => {
      const ended = await runServer(mariadb.url('port_status'), '--listener-ttl-ms', '1000');
      expectComplaint(
        ended,
        78,
        /listener\.ttlMs must exceed 3 × listener\.heartbeatMs.* from --listener-ttl-ms/,
      );
    });

    it('with 78 where a column of Neutron is missing', async () => {
      await admin.query('alter table ml2_port_bindings drop column vif_type');
      const ended = await runServer(mariadb.url('port_status'));
      expectComplaint(
        ended,
        78,
        /Neutron has no column ml2_port_bindings\.vif_type: check that neutron\.url names/,
      );
    });

    it('with 78 where the ledger was not made', async () => {
      await admin.query('drop schema port_status');
      const ended = await runServer(mariadb.url('port_status'));
      expectComplaint(ended, 78, /there is no ledger.*: run "port-status migrate"/);
    });

    it('with 78 where its database user lacks a right', async () => {
      await admin.query("revoke update (status) on neutron.ports from 'port_status'@'%'");
      const ended = await runServer(mariadb.url('port_status'));
      expectComplaint(
        ended,
        78,
        /missing right: UPDATE\(status\) on ports \(see "port-status migrate --print-grants"\)/,
      );
    });

    it('with 78 where the database refuses its password', async () => {
      const ended = await runServer(mariadb.url('port_status').replace('port-status-test', 'wrong'));
      expectComplaint(
        ended,
        78,
        /Access denied for user 'port_status'.*; check the user and the password in neutron\.url/,
      );
      expect(ended.stderr).not.toContain('wrong');
    });

    it('with 78 where the database has not that name', async () => {
      const ended = await runProgram([
        'migrate',
        '--neutron-url',
        mariadb.url().replace('/neutron', '/neutrno'),
      ]);
      expectComplaint(
        ended,
        78,
        /Unknown database 'neutrno'; check the name of the database in neutron\.url/,
      );
    });

    it('with 78 where Keystone refuses its password', async () => {
      const ended = await runServer(mariadb.url('port_status'), '--nova-password', 'wrong-password');
      expectComplaint(ended, 78, /refuses .*\(HTTP 401\); correct nova\.username/);
      expect(ended.stderr).not.toContain('wrong-password');
    });

    it('with 69 where nobody listens at the address of the database', async () => {
      const ended = await runServer(`mysql://port_status:secret@127.0.0.1:${await freePort()}/neutron`);
      expectComplaint(
        ended,
        69,
        /Neutron's database did not answer within startup\.timeoutMs \(300 ms\): .*ECONNREFUSED/,
      );
      expect(ended.stderr).not.toContain('secret');
    });
  },
);

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { openDatabase } from '../../../src/neutron/open.js';
import { migrate } from '../../../src/neutron/sql/migrations.js';
import { systemClock } from '../../../src/runtime/clock.js';
import { FakeNeutron } from '../../../src/simulator/cloud/neutron.js';

const PORT = { portId: 'port-1', serverId: 'server-1', host: 'X' };

let folder: string;
let neutron: FakeNeutron;
/** What another process, such as a server, has open. */
let other: Database.Database;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'port-status-fake-neutron-'));
  const path = join(folder, 'neutron.db');
  neutron = new FakeNeutron(path, systemClock);
  const store = openDatabase(`sqlite:${path}`, 'port_status', systemClock);
  await migrate(store, 'port_status');
  await store.db.destroy();
  neutron.keepHistory();
  other = new Database(path);
});

afterEach(() => {
  other.close();
  neutron.close();
  rmSync(folder, { recursive: true });
});

const SET_ACTIVE = "update ports set status = 'ACTIVE' where id = 'port-1'";

function judged(verdict: string, revision: number): string {
  return `insert or replace into port_status_reports (port, chassis, epoch, revision, status, attachment, observed_at,
    verdict, reason, mode, effects, blocks, server, judged_at, has_our_block, owed_no, told_no, attempts)
    values ('port-1', 'X', 1, ${revision}, 'ACTIVE', 'plug-1', 0, '${verdict}', 'written', 'write', 'ACTIVE', '', 'A', 0, 0, 0, 0, 0)`;
}

it('a status that a server writes is recorded with the report that the same transaction puts into the ledger', async () => {
  await neutron.createPort(PORT);
  other.exec(`begin; ${SET_ACTIVE}; ${judged('applied', 5)}; commit`);
  expect(neutron.historyAfter(0)).toMatchObject([
    {
      no: 1,
      portId: 'port-1',
      from: 'DOWN',
      to: 'ACTIVE',
      author: 'server',
      cause: { chassis: 'X', epoch: 1, revision: 5, attachment: 'plug-1', server: 'A' },
    },
  ]);
});

it('a status that is written again is recorded again, also where it changes nothing', async () => {
  await neutron.createPort(PORT);
  other.exec(`begin; ${SET_ACTIVE}; ${judged('applied', 5)}; commit`);
  other.exec(`begin; ${SET_ACTIVE}; ${judged('applied', 5)}; commit`);
  expect(neutron.historyAfter(1)).toMatchObject([{ from: 'ACTIVE', to: 'ACTIVE', cause: { revision: 5 } }]);
});

it('a write that no applied report explains is recorded without a cause', async () => {
  await neutron.createPort(PORT);
  other.exec(`begin; ${SET_ACTIVE}; ${judged('foreign', 5)}; commit`);
  expect(neutron.historyAfter(0)).toMatchObject([{ author: 'server', cause: undefined }]);
});

it('activating a binding sets the port DOWN, blocks it, and moves the binding, by the hand of Neutron', async () => {
  await neutron.createPort(PORT);
  other.exec(`begin; ${SET_ACTIVE}; delete from provisioningblocks; ${judged('applied', 5)}; commit`);
  await neutron.addBinding('port-1', 'Y');
  expect(await neutron.activateBinding('port-1', 'Y')).toBe(2);
  expect(neutron.historyAfter(1)).toMatchObject([{ from: 'ACTIVE', to: 'DOWN', author: 'neutron' }]);
  expect(other.prepare('select host, status from ml2_port_bindings order by host').all()).toEqual([
    { host: 'X', status: 'INACTIVE' },
    { host: 'Y', status: 'ACTIVE' },
  ]);
  expect(other.prepare('select entity from provisioningblocks').all()).toEqual([{ entity: 'L2' }]);
});

it('while another process holds the lock nothing stands still, and what is to be written waits', async () => {
  other.exec('begin immediate');
  const events: string[] = [];
  const written = neutron.createPort(PORT).then(() => events.push('written'));
  await systemClock.sleep(0);
  events.push('went on');
  other.exec('commit');
  await written;
  expect(events).toEqual(['went on', 'written']);
});

it('a write that can not be done fails, and the next one is done', async () => {
  await neutron.createPort(PORT);
  await expect(neutron.createPort(PORT)).rejects.toThrow(/UNIQUE/);
  await neutron.createPort({ ...PORT, portId: 'port-2' });
  expect(other.prepare('select count(*) as ports from ports').get()).toMatchObject({ ports: 2 });
});

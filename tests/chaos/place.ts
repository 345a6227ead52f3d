import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Pool } from 'mysql2/promise';
import { stringify } from 'smol-toml';
import { systemClock } from '../../src/runtime/clock.js';
import type { Opened } from '../../src/runtime/opened.js';
import type { NovaOptions } from '../../src/nova/options.js';
import { systemRandom } from '../../src/runtime/random.js';
import { startFakeCloud } from '../../src/simulator/cloud/cloud.js';
import type { FakeCloud } from '../../src/simulator/cloud/cloud.js';
import { rowsOf, startMariadb } from '../support/mariadb.js';
import type { Mariadb } from '../support/mariadb.js';
import { makeUsers, openNeutron } from '../support/neutron-on-mariadb.js';
import { plantNetwork } from '../support/neutron-rows.js';
import type { NeutronRows } from '../support/neutron-rows.js';
import { startOvs } from '../support/ovs.js';
import type { OvsFixture } from '../support/ovs.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import type { TcpProxy } from '../support/tcp-proxy.js';
import { keepWriteHistory } from '../support/write-history.js';
import { Crew } from './crew.js';
import { startEngine } from './engine.js';
import type { ChaosEngine } from './engine.js';
import { openNetwork } from './network.js';
import type { Network } from './network.js';

export const SERVERS = ['a', 'b', 'c'] as const;
export const CHASSIS = ['cn1', 'cn2', 'cn3'] as const;
/** Those that have a network of their own, where this user may make one. */
const APART = ['c', 'cn3'] as const satisfies readonly (
  (typeof SERVERS)[number] | (typeof CHASSIS)[number]
)[];

/** Everything real but Keystone and Nova, which are played: the switches, the databases, every process. */
export interface Place {
  readonly engine: ChaosEngine;
  readonly mariadb: Mariadb;
  /** Between the servers and MariaDB. */
  readonly sqlProxy: TcpProxy;
  readonly admin: Pool;
  readonly rows: NeutronRows;
  readonly cloud: FakeCloud;
  readonly switches: ReadonlyMap<string, OvsFixture>;
  readonly crew: Crew;
  /** Absent where this user may not make one. */
  readonly network: Network | undefined;
}

const USER = 'ps';

export async function openPlace(engineName: string, opened: Opened): Promise<Place> {
  const folder = mkdtempSync(join(tmpdir(), 'port-status-chaos-'));
  onClose(opened, async () => rmSync(folder, { recursive: true, force: true }));
  const network = openNetwork(APART, opened);
  const address = network?.address ?? '127.0.0.1';
  const engine = await startEngine(engineName, [...SERVERS, ...CHASSIS], address, opened);
  const mariadb = await startMariadb();
  onClose(opened, () => mariadb.dispose());
  const sqlProxy = await startTcpProxy({ port: mariadb.port, host: '127.0.0.1' }, address);
  onClose(opened, () => sqlProxy.dispose());
  const admin = await openNeutron(mariadb, opened);
  const cloud = await startFakeCloud({ clock: systemClock, random: systemRandom });
  onClose(opened, () => cloud.dispose());
  const novaOptions = await reachCloudAt(address, cloud, opened);
  const config = join(folder, 'port-status.toml');
  writeFileSync(config, stringify(configOf(engine, mariadb, novaOptions)));
  await makeUsers(mariadb, config, [USER]);
  await keepWriteHistory(admin);
  const rows = rowsOf(admin);
  await plantNetwork(rows);
  const switches = await openSwitches(opened);
  const neutronUrl = mariadb.url(USER).replace(`127.0.0.1:${mariadb.port}/`, `${address}:${sqlProxy.port}/`);
  const crew = opened.add(new Crew({ config, folder, neutronUrl, engine, switches, network }));
  return { engine, mariadb, sqlProxy, admin, rows, cloud, switches, crew, network };
}

/** The `nova.*` options by which the played Keystone and Nova are reached at this address. */
async function reachCloudAt(address: string, cloud: FakeCloud, opened: Opened): Promise<NovaOptions> {
  const moved = async (url = ''): Promise<string> => {
    const { port, pathname } = new URL(url);
    const proxy = await startTcpProxy({ port: Number(port), host: '127.0.0.1' }, address);
    onClose(opened, () => proxy.dispose());
    return `http://${address}:${proxy.port}${pathname === '/' ? '' : pathname}`;
  };
  const { keystone, options } = cloud;
  const url = await moved(keystone.computeEndpoints[0]?.url);
  keystone.computeEndpoints = keystone.computeEndpoints.map((endpoint) => ({ ...endpoint, url }));
  return { ...options, auth_url: await moved(options.auth_url) };
}

async function openSwitches(opened: Opened): Promise<ReadonlyMap<string, OvsFixture>> {
  const switches = new Map<string, OvsFixture>();
  for (const chassis of CHASSIS) {
    const ovs = await startOvs();
    onClose(opened, () => ovs.dispose());
    await ovs.addBridge('br-int');
    switches.set(chassis, ovs);
  }
  return switches;
}

function configOf(engine: ChaosEngine, mariadb: Mariadb, nova: NovaOptions): Parameters<typeof stringify>[0] {
  return {
    northbound: { url: engine.directUrl },
    neutron: { url: mariadb.url(), drivers: ['openvswitch'] },
    apply: { mode: 'write', chassis: ['*'] },
    reconcile: { everyMs: 3000 },
    nova: { ...nova },
    switch: { ready: 'ofport' },
    http: { listen: 'off' },
  };
}

function onClose(opened: Opened, close: () => Promise<unknown>): void {
  opened.add({ close });
}

/** Where a switch remembers when an interface was plugged, in milliseconds since 1970: an external id. */
export const PLUGGED_AT = 'plugged-at';

const run = promisify(execFile);

/** Ports that a switch has wired, and when: an interface with an iface-id and a number on the bridge. As ovs-vsctl says it. */
export async function wiredPortsOf({ address }: OvsFixture): Promise<readonly (readonly [string, number])[]> {
  const columns = '--columns=ofport,external_ids';
  const words = [`--db=${address}`, '--timeout=10', '--format=json', columns, 'list', 'Interface'];
  const { data } = JSON.parse((await run('ovs-vsctl', words)).stdout) as {
    readonly data: readonly (readonly [unknown, readonly ['map', readonly (readonly [string, string])[]]])[];
  };
  return data.flatMap(([ofport, [, pairs]]) => {
    const ids = new Map(pairs);
    const portId = ids.get('iface-id');
    const isWired = portId !== undefined && typeof ofport === 'number' && ofport > 0;
    return isWired ? [[portId, Number(ids.get(PLUGGED_AT))] as const] : [];
  });
}

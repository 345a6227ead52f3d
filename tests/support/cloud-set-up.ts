import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Pool } from 'mysql2/promise';
import { stringify } from 'smol-toml';
import { openNorthbound } from '../../src/northbound/open.js';
import type { Northbound } from '../../src/northbound/northbound.js';
import { systemClock } from '../../src/runtime/clock.js';
import { Opened } from '../../src/runtime/opened.js';
import { systemRandom } from '../../src/runtime/random.js';
import { startFakeCloud } from '../../src/simulator/cloud/cloud.js';
import type { FakeCloud } from '../../src/simulator/cloud/cloud.js';
import { MARIADB, rowsOf, startMariadb } from './mariadb.js';
import type { Mariadb } from './mariadb.js';
import { makeUsers, openNeutron } from './neutron-on-mariadb.js';
import { plantNetwork } from './neutron-rows.js';
import type { NeutronRows } from './neutron-rows.js';
import { OVS_PROGRAMS, startOvs } from './ovs.js';
import type { OvsFixture } from './ovs.js';
import { runProgram, startProgram } from './process.js';
import type { Ended, Program } from './process.js';

/** The programs that a set-up starts, with their Debian packages; for `has` of needs.ts. */
export const CLOUD_PROGRAMS = { ...MARIADB, ...OVS_PROGRAMS };

export type ServerName = 'a' | 'b';

/** A small cloud of real parts; only Keystone and Nova are played. */
export interface CloudSetUp {
  readonly ovs: OvsFixture;
  readonly mariadb: Mariadb;
  /** The administrator's connections; they come back by themselves when the server does. */
  readonly admin: Pool;
  readonly rows: NeutronRows;
  readonly cloud: FakeCloud;
  /** A view of our own on the northbound database. */
  readonly northbound: Northbound;
  /**
   * Starts an agent, that of the chassis `cn1` unless the flags say otherwise; resolves when it has compared the switch
   * with what was said.
   */
  startAgent(...flags: readonly string[]): Promise<Program>;
  /**
   * Starts a server, with further flags; resolves when it has joined. Each has a database user of its own: `ps_a`,
   * `ps_b`.
   */
  startServer(name: ServerName, ...flags: readonly string[]): Promise<Program>;
  /** Runs a command with the configuration of all. */
  run(...words: readonly string[]): Promise<Ended>;
  dispose(): Promise<void>;
}

/** Sections of the configuration file. */
export type Settings = Readonly<Record<string, Readonly<Record<string, TomlValue>>>>;
type TomlValue = string | number | boolean | readonly string[] | undefined;

/** Starts everything but agent and servers. @param settings what the file says besides, or instead, by section. */
export async function setUpCloud(settings: Settings = {}): Promise<CloudSetUp> {
  const opened = new Opened();
  try {
    return await setUp(settings, opened);
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
}

async function setUp(settings: Settings, opened: Opened): Promise<CloudSetUp> {
  const folder = openFolder(opened);
  const [ovs, mariadb] = await Promise.all([startOvs(), startMariadb()]);
  onClose(opened, () => ovs.dispose());
  onClose(opened, () => mariadb.dispose());
  await ovs.addBridge('br-int');
  const admin = await openNeutron(mariadb, opened);
  const cloud = await startFakeCloud({ clock: systemClock, random: systemRandom });
  onClose(opened, () => cloud.dispose());
  const northboundUrl = `sqlite:${join(folder, 'northbound.db')}`;
  const northbound = opened.add(openNorthbound(northboundUrl, { clock: systemClock, random: systemRandom }));
  const config = join(folder, 'port-status.toml');
  writeFileSync(config, stringify(merged(configOf(northboundUrl, mariadb, ovs, cloud), settings)));
  await makeUsers(mariadb, config, ['ps_a', 'ps_b']);
  const rows = rowsOf(admin);
  await plantNetwork(rows);
  const start = (...words: readonly string[]): Program => {
    const program = startProgram([...words, '--config', config]);
    onClose(opened, () => program.stop());
    return program;
  };
  return {
    ...{ ovs, mariadb, admin, rows, cloud, northbound },
    startAgent: (...flags) => whenLogged(start('agent', ...flags), 'agent.resynced'),
    startServer: (name, ...flags) =>
      whenLogged(start('server', ...identityOf(name, mariadb), ...flags), 'listener.joined'),
    run: (...words) => runProgram([...words, '--config', config]),
    dispose: () => opened[Symbol.asyncDispose](),
  };
}

function openFolder(opened: Opened): string {
  const folder = mkdtempSync(join(tmpdir(), 'port-status-cloud-'));
  onClose(opened, async () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function configOf(northboundUrl: string, mariadb: Mariadb, ovs: OvsFixture, cloud: FakeCloud): Settings {
  return {
    northbound: { url: northboundUrl },
    neutron: { url: mariadb.url(), drivers: ['openvswitch'] },
    apply: { mode: 'write', chassis: ['cn1'] },
    nova: { ...cloud.options },
    agent: { chassis: 'cn1' },
    switch: { address: ovs.address, ready: 'tag' },
    http: { listen: 'off' },
  };
}

function merged(settings: Settings, more: Settings): Settings {
  const names = Object.keys({ ...settings, ...more });
  return Object.fromEntries(names.map((name) => [name, { ...settings[name], ...more[name] }]));
}

function identityOf(name: ServerName, mariadb: Mariadb): readonly string[] {
  return ['--listener-id', name, '--neutron-url', mariadb.url(`ps_${name}`)];
}

async function whenLogged(program: Program, event: string): Promise<Program> {
  await program.logged(event);
  return program;
}

function onClose(opened: Opened, close: () => Promise<unknown>): void {
  opened.add({ close });
}

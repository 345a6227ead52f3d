import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'smol-toml';
import type { Northbound } from '../../src/northbound/northbound.js';
import { openNorthbound } from '../../src/northbound/open.js';
import { systemClock } from '../../src/runtime/clock.js';
import { Opened } from '../../src/runtime/opened.js';
import { systemRandom } from '../../src/runtime/random.js';
import { startFakeCloud } from '../../src/simulator/cloud/cloud.js';
import type { FakeCloud } from '../../src/simulator/cloud/cloud.js';
import { SimulatedSwitch } from '../../src/simulator/switch/simulated-switch.js';
import { rowsOf, startMariadb } from './mariadb.js';
import type { Mariadb } from './mariadb.js';
import { makeUsers, openNeutron } from './neutron-on-mariadb.js';
import { plantNetwork } from './neutron-rows.js';
import type { NeutronRows } from './neutron-rows.js';
import { runProgram, startProgram } from './process.js';
import type { Ended, Program } from './process.js';
import { Tenants } from './tenants.js';
import { keepWriteHistory } from './write-history.js';

/** The listeners' ttl: what every engine takes. */
export const TTL_MS = 3000;

export interface ClusterOptions {
  /** `northbound.url` of agents and servers. */
  readonly northboundUrl: string;
  /** The same database as the test itself reaches it, past all that is put in the way. */
  readonly directUrl: string;
  readonly chassis: number;
  readonly portsPerChassis: number;
  readonly seed: number;
}

/** Many agents and servers, each a process of its own, beside a real MariaDB; switches, Keystone and Nova are played. */
export interface Cluster {
  readonly mariadb: Mariadb;
  readonly rows: NeutronRows;
  readonly cloud: FakeCloud;
  readonly tenants: Tenants;
  /** A view of our own on the northbound database. */
  readonly northbound: Northbound;
  /** The servers that run, by name. */
  readonly servers: ReadonlyMap<string, Program>;
  readonly agents: ReadonlyMap<string, Program>;
  /** Starts a server, with further flags; resolves when it has joined. */
  startServer(name: string, ...flags: readonly string[]): Promise<Program>;
  /** Starts a chassis' agent; resolves when it has compared the switch with what was said. */
  startAgent(chassis: string, ...flags: readonly string[]): Promise<Program>;
  run(...words: readonly string[]): Promise<Ended>;
  dispose(): Promise<void>;
}

/** Starts everything but agents and servers. */
export async function setUpCluster(options: ClusterOptions): Promise<Cluster> {
  const opened = new Opened();
  try {
    return await setUp(options, opened);
  } catch (error) {
    await opened[Symbol.asyncDispose]();
    throw error;
  }
}

async function setUp(options: ClusterOptions, opened: Opened): Promise<Cluster> {
  const folder = mkdtempSync(join(tmpdir(), 'port-status-cluster-'));
  onClose(opened, async () => rmSync(folder, { recursive: true, force: true }));
  const mariadb = await startMariadb();
  onClose(opened, () => mariadb.dispose());
  const admin = await openNeutron(mariadb, opened);
  const cloud = await startFakeCloud({ clock: systemClock, random: systemRandom });
  onClose(opened, () => cloud.dispose());
  const switches = await openSwitches(folder, options.chassis, opened);
  const config = join(folder, 'port-status.toml');
  writeFileSync(config, stringify(configOf(options.northboundUrl, mariadb, cloud)));
  await makeUsers(mariadb, config, [USER]);
  await keepWriteHistory(admin);
  const rows = rowsOf(admin);
  await plantNetwork(rows);
  const tenants = new Tenants({ ...options, rows, cloud, switches });
  await tenants.plant();
  const system = { clock: systemClock, random: systemRandom };
  const northbound = opened.add(openNorthbound(options.directUrl, system));
  const crew = new Crew(config, mariadb, folder);
  opened.add(crew);
  return {
    ...{ mariadb, rows, cloud, tenants, northbound },
    servers: crew.servers,
    agents: crew.agents,
    startServer: (name, ...flags) => crew.startServer(name, flags),
    startAgent: (chassis, ...flags) => crew.startAgent(chassis, flags),
    run: (...words) => runProgram([...words, '--config', config]),
    dispose: () => opened[Symbol.asyncDispose](),
  };
}

/** The processes. */
class Crew {
  readonly servers = new Map<string, Program>();
  readonly agents = new Map<string, Program>();
  readonly #config: string;
  readonly #neutronUrl: string;
  readonly #folder: string;

  constructor(config: string, mariadb: Mariadb, folder: string) {
    this.#config = config;
    this.#neutronUrl = mariadb.url(USER);
    this.#folder = folder;
  }

  async startServer(name: string, flags: readonly string[]): Promise<Program> {
    const identity = ['--listener-id', name, '--neutron-url', this.#neutronUrl];
    const program = startProgram(['server', '--config', this.#config, ...identity, ...flags]);
    this.servers.set(name, program);
    await program.logged('listener.joined', START_LIMIT);
    return program;
  }

  async startAgent(chassis: string, flags: readonly string[]): Promise<Program> {
    const place = [
      '--agent-chassis',
      chassis,
      '--switch-address',
      `simulated:${switchPath(this.#folder, chassis)}`,
    ];
    const program = startProgram(['agent', '--config', this.#config, ...place, ...flags]);
    this.agents.set(chassis, program);
    await program.logged('agent.resynced', START_LIMIT);
    return program;
  }

  async close(): Promise<void> {
    await Promise.all([...this.servers.values(), ...this.agents.values()].map((program) => program.stop()));
  }
}

/** Many processes start at once here. */
const START_LIMIT = { withinMs: 120_000 };
const USER = 'ps';

function switchPath(folder: string, chassis: string): string {
  return join(folder, `${chassis}.switch`);
}

async function openSwitches(
  folder: string,
  count: number,
  opened: Opened,
): Promise<ReadonlyMap<string, SimulatedSwitch>> {
  const switches = new Map<string, SimulatedSwitch>();
  for (let number = 1; number <= count; number++) {
    const chassis = `cn${number}`;
    const one = opened.add(new SimulatedSwitch());
    await one.open(switchPath(folder, chassis));
    switches.set(chassis, one);
  }
  return switches;
}

function configOf(
  northboundUrl: string,
  mariadb: Mariadb,
  cloud: FakeCloud,
): Parameters<typeof stringify>[0] {
  return {
    northbound: { url: northboundUrl },
    neutron: { url: mariadb.url(), drivers: ['openvswitch'] },
    listener: { ttlMs: TTL_MS },
    apply: { mode: 'write', chassis: ['*'] },
    reconcile: { everyMs: 5000 },
    nova: cloud.options,
    switch: { ready: 'ofport' },
    http: { listen: 'off' },
  };
}

function onClose(opened: Opened, close: () => Promise<unknown>): void {
  opened.add({ close });
}

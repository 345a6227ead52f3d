import { OPTIONS } from '../../src/config/options.js';
import { systemClock } from '../../src/runtime/clock.js';
import type { Opened } from '../../src/runtime/opened.js';
import { systemRandom } from '../../src/runtime/random.js';
import { startFakeCloud } from '../../src/simulator/cloud/cloud.js';
import type { FakeCloud } from '../../src/simulator/cloud/cloud.js';
import { deviceOf } from '../../src/simulator/neutron-rows.js';
import { startProgram } from '../../tests/support/process.js';
import type { Program } from '../../tests/support/process.js';
import { ENGINE_HOMES } from '../engine-homes.js';
import type { EngineHome } from '../engine-homes.js';
import { startLoad } from '../load/load.js';
import type { Load } from '../load/load.js';
import { DATABASE_HOMES } from './databases.js';
import type { DatabaseHome } from './databases.js';
import { plantCloud, resetCloud } from './ports.js';

export interface CloudSize {
  readonly ports: number;
  readonly chassis: number;
}

export interface CloudOptions extends CloudSize {
  readonly engine: string;
  readonly db: string;
  /** A folder where each server writes what took its processor's time. */
  readonly profile?: string | undefined;
}

/** Neutron's database with ports that are about to boot, and a Nova that knows their servers. */
export class BenchCloud {
  readonly options: CloudOptions;
  readonly database: DatabaseHome;
  readonly openstack: FakeCloud;
  readonly #versions = new Map<string, string>();

  constructor(options: CloudOptions, database: DatabaseHome, openstack: FakeCloud) {
    this.options = options;
    this.database = database;
    this.openstack = openstack;
    this.#versions.set('database', database.version);
  }

  /** Of Neutron's database, and of the northbound databases that were opened. */
  get versions(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#versions);
  }

  /** Makes every port as it was planted; nothing of what was before is left to be cleaned away. */
  async makeFresh(): Promise<void> {
    await resetCloud(this.database.rows, this.database.url, this.options.ports);
    await this.database.settle();
    this.openstack.nova.heard.splice(0);
  }

  /** An empty northbound database, whose servers and agents are started by what this returns. */
  async openStage(opened: Opened): Promise<Stage> {
    const engine = await homeOf(ENGINE_HOMES, this.options.engine, 'engine')();
    opened.add({ close: () => engine.dispose() });
    this.#versions.set('engine', engine.version);
    return new Stage(this, engine, opened);
  }
}

/** Servers and agents on one northbound database. */
export class Stage {
  readonly engine: EngineHome;
  readonly #cloud: BenchCloud;
  readonly #opened: Opened;

  constructor(cloud: BenchCloud, engine: EngineHome, opened: Opened) {
    this.#cloud = cloud;
    this.engine = engine;
    this.#opened = opened;
  }

  /** Resolves when it has joined. */
  async startServer(name: string, ...flags: readonly string[]): Promise<Program> {
    const { database, openstack, options } = this.#cloud;
    const words = [
      ...[
        'server',
        '--listener-id',
        name,
        '--northbound-url',
        this.engine.url,
        '--neutron-url',
        database.url,
      ],
      ...['--neutron-drivers', 'openvswitch', '--apply-mode', 'write', '--apply-chassis', '*'],
      ...novaFlags(openstack),
      ...(flags.includes('--http-listen') ? flags : ['--http-listen', 'off', ...flags]),
    ];
    const nodeFlags =
      options.profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${options.profile}`];
    const program = startProgram(words, { prefix: AS_THE_UNIT, nodeFlags });
    this.#opened.add({ close: () => program.stop() });
    await program.logged('listener.joined');
    return program;
  }

  /** The agent of one chassis, on a switch that is there. */
  async startAgent(chassis: string, switchAddress: string): Promise<Program> {
    const program = startProgram([
      ...['agent', '--agent-chassis', chassis, '--northbound-url', this.engine.url],
      ...['--switch-address', switchAddress, '--switch-ready', 'ofport', '--http-listen', 'off'],
    ]);
    this.#opened.add({ close: () => program.stop() });
    await program.logged('agent.resynced');
    return program;
  }

  /** Resolves when all agents have registered. */
  async startLoad({ ports, chassis }: CloudSize = this.#cloud.options): Promise<Load> {
    const isFile = this.engine.url.startsWith('sqlite:');
    const options = {
      northboundUrl: this.engine.url,
      ports,
      chassis,
      connections: isFile ? 1 : Math.min(chassis, MOST_CONNECTIONS),
      heartbeatMs: heartbeatMsOf(chassis),
    };
    return this.#opened.add(await startLoad(options));
  }
}

/** As deploy/systemd starts a server: whoever else needs a processor comes first. */
const AS_THE_UNIT = ['nice', '-n', '10'];

/** Agents of one load share these. */
const MOST_CONNECTIONS = 250;

/** The default of `agent.heartbeatMs`, and what it may be at most. */
function heartbeatMsOf(chassis: number): number {
  return chassis > MANY_CHASSIS ? 10_000 : OPTIONS['agent.heartbeatMs'].default;
}

const MANY_CHASSIS = 5000;

export async function openCloud(options: CloudOptions, opened: Opened): Promise<BenchCloud> {
  const database = opened.add(await homeOf(DATABASE_HOMES, options.db, 'database')());
  const openstack = await startFakeCloud({ clock: systemClock, random: systemRandom });
  opened.add({ close: () => openstack.dispose() });
  await plantCloud(database.rows, options.ports, options.chassis);
  for (let number = 1; number <= options.ports; number++) openstack.nova.addServer(deviceOf(number));
  return new BenchCloud(options, database, openstack);
}

function homeOf<Home>(homes: Readonly<Record<string, Home>>, name: string, kind: string): Home {
  const home = homes[name];
  if (home === undefined) throw new Error(`no ${kind} "${name}"; there are ${Object.keys(homes).join(', ')}`);
  return home;
}

/** The flags with which a server reaches that Nova. */
export function novaFlags({ options }: FakeCloud): readonly string[] {
  return Object.entries(options).flatMap(([name, value]) => [
    `--nova-${name.replaceAll('_', '-')}`,
    String(value),
  ]);
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PortStatusError } from '../../domain/errors.js';
import { openDatabase } from '../../neutron/open.js';
import { migrate } from '../../neutron/sql/migrations.js';
import { openNorthbound } from '../../northbound/open.js';
import type { NovaOptions } from '../../nova/options.js';
import type { Clock } from '../../runtime/clock.js';
import type { Random } from '../../runtime/random.js';
import { startFakeCloud } from '../cloud/cloud.js';
import type { FakeCloud } from '../cloud/cloud.js';
import { FakeNeutron } from '../cloud/neutron.js';
import { SimulatedSwitch } from '../switch/simulated-switch.js';
import { Process } from './processes.js';

/** What a demo is made of. */
export interface Cast {
  /** The program's main file. */
  readonly program: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly random: Random;
  /** Names of the servers, and of the compute nodes. */
  readonly servers: readonly string[];
  readonly chassis: readonly string[];
}

/** Everything in place: real agents and servers in processes of their own, a simulated switch each, a fake cloud. */
export interface Stage {
  readonly folder: string;
  readonly cloud: FakeCloud;
  readonly neutron: FakeNeutron;
  readonly switches: ReadonlyMap<string, SimulatedSwitch>;
  readonly processes: readonly Process[];
  /** Ends all processes and removes the folder. */
  close(): Promise<void>;
}

/** Sets the stage in a new temporary folder. */
export async function setStage(cast: Cast): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), 'port-status-demo-'));
  const cloud = await startFakeCloud(cast);
  const neutron = new FakeNeutron(join(folder, 'neutron.db'));
  await createLedger(folder, cast.clock);
  const switches = await openSwitches(folder, cast.chassis);
  const processes = [
    ...cast.servers.map((name) => startServer(name, folder, cloud.options, cast)),
    ...cast.chassis.map((name) => startAgent(name, folder, cast)),
  ];
  const close = async (): Promise<void> => {
    await Promise.all(processes.map((process) => process.stop()));
    await Promise.all([...switches.values()].map((one) => one.close()));
    neutron.close();
    await cloud.dispose();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilReady(folder, processes, cast);
  } catch (error) {
    await close();
    throw error;
  }
  return { folder, cloud, neutron, switches, processes, close };
}

/** How long the processes may take to start. */
const READY_MS = 60_000;

/** Waits until every server and every agent is registered, so that nobody starts with a backlog. */
async function untilReady(
  folder: string,
  processes: readonly Process[],
  { clock, random, servers, chassis }: Cast,
): Promise<void> {
  const northbound = openNorthbound(northboundUrl(folder), { clock, random });
  const endMs = clock.monotonicMs() + READY_MS;
  try {
    for (;;) {
      const [listeners, agents] = [await northbound.listeners(), await northbound.chassis()];
      if (listeners.length === servers.length && agents.length === chassis.length) return;
      for (const process of processes) process.check();
      if (clock.monotonicMs() > endMs)
        throw new PortStatusError('UNAVAILABLE', 'the processes of the demo do not start');
      await clock.sleep(50);
    }
  } finally {
    await northbound.close();
  }
}

function northboundUrl(folder: string): string {
  return `sqlite:${join(folder, 'northbound.db')}`;
}

async function createLedger(folder: string, clock: Clock): Promise<void> {
  const store = openDatabase(`sqlite:${join(folder, 'neutron.db')}`, 'port_status', clock);
  await migrate(store, 'port_status');
  await store.db.destroy();
}

async function openSwitches(
  folder: string,
  chassis: readonly string[],
): Promise<ReadonlyMap<string, SimulatedSwitch>> {
  const switches = new Map<string, SimulatedSwitch>();
  for (const name of chassis) {
    const one = new SimulatedSwitch();
    await one.open(join(folder, `${name}.switch`));
    switches.set(name, one);
  }
  return switches;
}

function startServer(id: string, folder: string, nova: NovaOptions, { program, environment }: Cast): Process {
  const flags = {
    'listener-id': id,
    'neutron-url': `sqlite:${join(folder, 'neutron.db')}`,
    'neutron-drivers': 'openvswitch',
    'apply-mode': 'write',
    'apply-chassis': '*',
    ...common(folder),
  };
  return new Process(`server ${id}`, program, ['server', ...toArgs(flags)], {
    ...clean(environment),
    ...novaVariables(nova),
  });
}

function startAgent(chassis: string, folder: string, { program, environment }: Cast): Process {
  const flags = {
    'agent-chassis': chassis,
    'switch-address': `simulated:${join(folder, `${chassis}.switch`)}`,
    'switch-ready': 'ofport',
    ...common(folder),
  };
  return new Process(`agent ${chassis}`, program, ['agent', ...toArgs(flags)], clean(environment));
}

function common(folder: string): Readonly<Record<string, string>> {
  return {
    'northbound-url': `sqlite:${join(folder, 'northbound.db')}`,
    'http-listen': 'off',
    'log-level': 'warn',
  };
}

function toArgs(flags: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
}

/** A configuration that happens to lie about must not change the demo. */
function clean(environment: Cast['environment']): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('PORT_STATUS_')));
}

/** A password belongs into the environment, not on a command line that everyone can read. */
function novaVariables(nova: NovaOptions): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(nova).map(([name, value]) => [`PORT_STATUS_NOVA_${name.toUpperCase()}`, String(value)]),
  );
}

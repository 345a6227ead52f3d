import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { systemClock } from '../../src/runtime/clock.js';
import { Opened } from '../../src/runtime/opened.js';
import { seededRandom } from '../../src/runtime/random.js';
import { startFakeCloud } from '../../src/simulator/cloud/cloud.js';
import type { FakeCloud } from '../../src/simulator/cloud/cloud.js';
import { SimulatedSwitch } from '../../src/simulator/switch/simulated-switch.js';
import { eventually } from './eventually.js';
import { deviceOf, plantNetwork, plantPort, portIdOf, portState } from './neutron-rows.js';
import { makeNeutronFile } from './neutron-server.js';
import type { NeutronFile } from './neutron-server.js';
import { startProgram } from './process.js';
import type { Program } from './process.js';

/** Options of a program in the environment. */
type Environment = Readonly<Record<string, string>>;

/** A cloud that needs nothing installed: databases in files, a simulated switch, Keystone and Nova, and real programs. */
export interface CloudInFiles {
  readonly cloud: FakeCloud;
  readonly northboundUrl: string;
  /** Starts a server; resolves when it has joined. */
  startServer(own?: Environment): Promise<Program>;
  /** Starts the agent of `cn1`; resolves when it has compared the switch with what was said. */
  startAgent(own?: Environment): Promise<Program>;
  /** Boots guests, whose ports are plugged, and waits until Nova heard of each. */
  boot(numbers: readonly number[]): Promise<void>;
  /** Stops all programs, and removes the files. */
  close(): Promise<void>;
}

export async function openCloudInFiles(): Promise<CloudInFiles> {
  const opened = new Opened();
  const folder = mkdtempSync(join(tmpdir(), 'port-status-cloud-'));
  opened.add({ close: async () => rmSync(folder, { recursive: true, force: true }) });
  const neutron = await makeNeutronFile();
  opened.add({ close: async () => neutron.dispose() });
  await neutron.rows.run('pragma busy_timeout = 5000');
  await plantNetwork(neutron.rows);
  const cloud = await startFakeCloud({ clock: systemClock, random: seededRandom(1) });
  opened.add({ close: () => cloud.dispose() });
  const plugs = opened.add(new SimulatedSwitch());
  await plugs.open(join(folder, 'switch'));
  const northboundUrl = `sqlite:${join(folder, 'northbound.db')}`;
  const start = async (words: readonly string[], event: string, own: Environment): Promise<Program> => {
    const shared = { PORT_STATUS_NORTHBOUND_URL: northboundUrl, PORT_STATUS_HTTP_LISTEN: '127.0.0.1:0' };
    const program = startProgram(words, { environment: { ...shared, ...own } });
    opened.add({ close: () => program.stop() });
    await program.logged(event);
    return program;
  };
  return {
    cloud,
    northboundUrl,
    startServer: (own) =>
      start(['server'], 'listener.joined', { ...optionsOfServer(neutron, cloud), ...own }),
    startAgent: (own) => start(['agent'], 'agent.resynced', { ...optionsOfAgent(folder), ...own }),
    boot: (numbers) => boot({ neutron, cloud, plugs }, numbers),
    close: () => opened[Symbol.asyncDispose](),
  };
}

function optionsOfServer({ url }: NeutronFile, { options }: FakeCloud): Environment {
  const { auth_url, username = '', password = '' } = options;
  return {
    PORT_STATUS_NEUTRON_URL: url,
    PORT_STATUS_NEUTRON_DRIVERS: 'openvswitch',
    PORT_STATUS_APPLY_MODE: 'write',
    PORT_STATUS_APPLY_CHASSIS: '*',
    PORT_STATUS_NOVA_AUTH_URL: auth_url,
    PORT_STATUS_NOVA_USERNAME: username,
    PORT_STATUS_NOVA_PASSWORD: password,
  };
}

function optionsOfAgent(folder: string): Environment {
  return {
    PORT_STATUS_AGENT_CHASSIS: 'cn1',
    PORT_STATUS_SWITCH_ADDRESS: `simulated:${join(folder, 'switch')}`,
    PORT_STATUS_SWITCH_READY: 'ofport',
  };
}

interface Parts {
  readonly neutron: NeutronFile;
  readonly cloud: FakeCloud;
  readonly plugs: SimulatedSwitch;
}

async function boot({ neutron, cloud, plugs }: Parts, numbers: readonly number[]): Promise<void> {
  for (const number of numbers) {
    cloud.nova.addServer(deviceOf(number));
    await plantPort(neutron.rows, number, { id: portIdOf(number) });
    plugs.plug({ portId: portIdOf(number), status: 'ACTIVE', attachment: `plug-${number}` });
  }
  await eventually(() => {
    const told = new Set(cloud.nova.heard.map(({ tag }) => tag));
    expect(numbers.filter((number) => !told.has(portIdOf(number)))).toEqual([]);
  });
  for (const number of numbers)
    expect(await portState(neutron.rows, portIdOf(number))).toMatchObject({ status: 'ACTIVE' });
}

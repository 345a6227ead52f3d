import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdtemp, open, rm } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { findProgram, programPath } from './needs.js';

const SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema';
const READY_WITHIN_MS = 10_000;
const runFile = promisify(execFile);

/** The programs that `startOvs` needs, with their Debian packages; for `has` of needs.ts. */
export const OVS_PROGRAMS = {
  'ovsdb-server': 'openvswitch-switch',
  'ovs-vswitchd': 'openvswitch-switch',
  'ovs-vsctl': 'openvswitch-common',
  'ovs-appctl': 'openvswitch-common',
  'ovsdb-tool': 'openvswitch-common',
} as const;

/** What a plug writes: the device, and who it belongs to. */
export interface Plug {
  readonly device: string;
  /** Goes into `external_ids:iface-id`. */
  readonly portId?: string;
  /** Goes into `external_ids:vm-uuid`. */
  readonly instance?: string;
  readonly tag?: number;
  readonly bridge?: string;
  /** Default `internal`: the switch makes the device itself. `''`: the device has to be there, as a tap is. */
  readonly type?: 'internal' | '';
}

/** A private Open vSwitch in a temporary folder: ovsdb-server and ovs-vswitchd with the userspace datapath. */
export interface OvsFixture {
  /** For the agent: `unix:<folder>/db.sock`. */
  readonly address: string;
  /** Whether devices are real, in a network namespace of their own: root only. Else the switch has dummies. */
  readonly hasRealDevices: boolean;
  addBridge(name: string): Promise<void>;
  plug(plug: Plug): Promise<void>;
  /** Deletes the port and adds it again, in one transaction. */
  replug(plug: Plug): Promise<void>;
  unplug(device: string, bridge?: string): Promise<void>;
  setTag(device: string, tag: number | undefined): Promise<void>;
  setExternalId(device: string, key: string, value: string | undefined): Promise<void>;
  setIfaceId(device: string, portId: string): Promise<void>;
  /** UUID of the Interface row: the attachment. */
  attachmentOf(device: string): Promise<string>;
  /** Adds a tap to the switch's own network namespace. Only where devices are real. */
  addTap(device: string): Promise<void>;
  /** Takes a tap away under the switch. Only where devices are real. */
  deleteTap(device: string): Promise<void>;
  /** Gives a device that the switch made itself a link, or takes it: a real one has none at first, a dummy has one. */
  setLink(device: string, state: 'up' | 'down'): Promise<void>;
  /** Runs ovs-vsctl and waits until ovs-vswitchd has done what it asks for. */
  vsctl(...args: readonly string[]): Promise<string>;
  stopDatabase(): Promise<void>;
  startDatabase(): Promise<void>;
  /** Stops ovs-vswitchd; devices that are real are gone with its namespace. */
  stopSwitch(): Promise<void>;
  startSwitch(): Promise<void>;
  /** Stops or continues ovsdb-server in its tracks: it keeps its connections and says nothing. */
  freezeDatabase(frozen: boolean): void;
  dispose(): Promise<void>;
}

/** Starts an Open vSwitch without bridges. Runs in the foreground, so that every process is stopped by its pid. */
export async function startOvs(): Promise<OvsFixture> {
  const folder = await mkdtemp(join(tmpdir(), 'port-status-ovs-'));
  const fixture = new PrivateOvs(folder, await canHaveRealDevices());
  try {
    await fixture.start();
    return fixture;
  } catch (error) {
    await fixture.dispose();
    throw error;
  }
}

class PrivateOvs implements OvsFixture {
  readonly address: string;
  readonly hasRealDevices: boolean;
  readonly #folder: string;
  /** Where ovs-vswitchd takes commands. */
  readonly #control: string;
  readonly #env: NodeJS.ProcessEnv;
  #database: ChildProcess | undefined;
  #switch: ChildProcess | undefined;

  constructor(folder: string, hasRealDevices: boolean) {
    this.#folder = folder;
    this.#control = join(folder, 'switch.ctl');
    this.hasRealDevices = hasRealDevices;
    this.address = `unix:${join(folder, 'db.sock')}`;
    this.#env = { ...process.env, OVS_RUNDIR: folder, OVS_LOGDIR: folder, OVS_DBDIR: folder };
  }

  async start(): Promise<void> {
    await this.#run('ovsdb-tool', 'create', join(this.#folder, 'conf.db'), SCHEMA);
    await this.startDatabase();
    await this.#run('ovs-vsctl', `--db=${this.address}`, '--no-wait', 'init');
    await this.startSwitch();
  }

  async addBridge(name: string): Promise<void> {
    await this.vsctl('add-br', name, '--', 'set', 'bridge', name, `datapath_type=${this.#datapath()}`);
  }

  async plug(plug: Plug): Promise<void> {
    await this.vsctl(...plugCommand(plug));
  }

  async replug(plug: Plug): Promise<void> {
    await this.vsctl('del-port', plug.bridge ?? 'br-int', plug.device, '--', ...plugCommand(plug));
  }

  async unplug(device: string, bridge = 'br-int'): Promise<void> {
    await this.vsctl('del-port', bridge, device);
  }

  async setTag(device: string, tag: number | undefined): Promise<void> {
    await this.vsctl(
      ...(tag === undefined ? ['clear', 'Port', device, 'tag'] : ['set', 'Port', device, `tag=${tag}`]),
    );
  }

  async setExternalId(device: string, key: string, value: string | undefined): Promise<void> {
    const command =
      value === undefined
        ? ['remove', 'Interface', device, 'external_ids', key]
        : ['set', 'Interface', device, `external_ids:${key}=${JSON.stringify(value)}`];
    await this.vsctl(...command);
  }

  async setIfaceId(device: string, portId: string): Promise<void> {
    await this.setExternalId(device, 'iface-id', portId);
  }

  async attachmentOf(device: string): Promise<string> {
    return (await this.vsctl('get', 'Interface', device, '_uuid')).trim();
  }

  async addTap(device: string): Promise<void> {
    await this.#inNamespace('ip', 'tuntap', 'add', device, 'mode', 'tap');
  }

  async deleteTap(device: string): Promise<void> {
    await this.#inNamespace('ip', 'link', 'delete', device);
  }

  async setLink(device: string, state: 'up' | 'down'): Promise<void> {
    if (this.hasRealDevices) await this.#inNamespace('ip', 'link', 'set', device, state);
    else await this.#run('ovs-appctl', '-t', this.#control, 'netdev-dummy/set-admin-state', device, state);
  }

  async vsctl(...args: readonly string[]): Promise<string> {
    return this.#run('ovs-vsctl', `--db=${this.address}`, '--timeout=10', ...args);
  }

  async stopDatabase(): Promise<void> {
    await stop(this.#database);
    this.#database = undefined;
  }

  async startDatabase(): Promise<void> {
    const socket = join(this.#folder, 'db.sock');
    await rm(socket, { force: true });
    this.#database = await this.#spawn('ovsdb-server', [
      join(this.#folder, 'conf.db'),
      `--remote=p${this.address}`,
      `--unixctl=${join(this.#folder, 'database.ctl')}`,
    ]);
    await waitForSocket(socket, this.#database);
  }

  async stopSwitch(): Promise<void> {
    await stop(this.#switch);
    this.#switch = undefined;
  }

  async startSwitch(): Promise<void> {
    this.#switch = await this.#spawnSwitch();
  }

  freezeDatabase(frozen: boolean): void {
    this.#database?.kill(frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  async dispose(): Promise<void> {
    this.freezeDatabase(false);
    await this.stopSwitch();
    await this.stopDatabase();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #spawnSwitch(): Promise<ChildProcess> {
    await rm(this.#control, { force: true });
    const daemon = [programPath('ovs-vswitchd'), this.address, `--unixctl=${this.#control}`];
    const child = this.hasRealDevices
      ? await this.#spawn('unshare', ['--net', ...daemon])
      : await this.#spawn('ovs-vswitchd', [
          ...daemon.slice(1),
          '--enable-dummy=override',
          '--disable-system',
        ]);
    await waitForSocket(this.#control, child);
    return child;
  }

  #datapath(): string {
    return this.hasRealDevices ? 'netdev' : 'dummy';
  }

  async #inNamespace(...command: readonly string[]): Promise<void> {
    await this.#run('nsenter', '--target', String(this.#switch?.pid), '--net', ...command);
  }

  async #run(name: string, ...args: readonly string[]): Promise<string> {
    return (await runFile(programPath(name), args, { env: this.#env })).stdout;
  }

  async #spawn(name: string, args: readonly string[]): Promise<ChildProcess> {
    const log = await open(join(this.#folder, `${name}.log`), 'a');
    try {
      return spawn(programPath(name), args, { env: this.#env, stdio: ['ignore', log.fd, log.fd] });
    } finally {
      await log.close();
    }
  }
}

/** A container's root may have neither namespaces nor taps. */
async function canHaveRealDevices(): Promise<boolean> {
  if (process.getuid?.() !== 0 || findProgram('ip') === undefined || !(await exists('/dev/net/tun')))
    return false;
  return runFile('unshare', ['--net', 'true']).then(
    () => true,
    () => false,
  );
}

/** Records as Nova's os-vif does; the tag is the Neutron agent's part. */
function plugCommand({
  device,
  portId,
  instance,
  tag,
  bridge = 'br-int',
  type = 'internal',
}: Plug): string[] {
  const ids = [
    ...(portId === undefined ? [] : [`external_ids:iface-id=${JSON.stringify(portId)}`]),
    ...(instance === undefined ? [] : [`external_ids:vm-uuid=${instance}`]),
  ];
  const tags = tag === undefined ? [] : [`tag=${tag}`];
  const columns = [`type=${JSON.stringify(type)}`, ...ids];
  return ['add-port', bridge, device, ...tags, '--', 'set', 'Interface', device, ...columns];
}

async function waitForSocket(path: string, child: ChildProcess): Promise<void> {
  const giveUpAt = performance.now() + READY_WITHIN_MS;
  while (child.exitCode === null && performance.now() < giveUpAt) {
    if (await isListening(path)) return;
    await sleep(20);
  }
  throw new Error(`${child.spawnfile} did not open ${path} (exit code ${String(child.exitCode)})`);
}

/** Whether connections are taken there: a socket has its file a moment before that. */
function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const connection = createConnection(path, () => {
      connection.destroy();
      resolve(true);
    });
    connection.once('error', () => resolve(false));
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

async function stop(child: ChildProcess | undefined): Promise<void> {
  if (child?.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}

import { execFile, execFileSync, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { hasEnded } from './ended.js';
import { programPath } from './needs.js';

export const ETCD = { etcd: 'etcd-server', etcdctl: 'etcd-client' };

const run = promisify(execFile);

export interface EtcdOptions {
  /** How many members the cluster has (default 1). */
  readonly members?: number;
  /** Further flags of each. */
  readonly flags?: readonly string[];
  /** Flags with which `etcdctl` gets in. */
  readonly clientFlags?: readonly string[];
  readonly isTls?: boolean;
  /** Where its data are (default: a temporary folder). It is removed in the end. */
  readonly folder?: string;
  /** Whether it waits for the disk, as in earnest; tests do not (default false). */
  readonly isDurable?: boolean;
}

/** An etcd cluster of our own. */
export class EtcdCluster {
  readonly folder: string;
  readonly members: readonly EtcdMember[];
  /** Flags of `etcdctl` from now on: who it is. */
  clientFlags: readonly string[];
  #generation = 1;

  constructor(members: readonly EtcdMember[], { clientFlags = [], folder }: EtcdOptions) {
    this.folder = folder ?? mkdtempSync(join(tmpdir(), 'port-status-etcd-'));
    this.members = members;
    this.clientFlags = clientFlags;
  }

  get first(): EtcdMember {
    const [first] = this.members;
    if (first === undefined) throw new Error('a cluster has at least one member');
    return first;
  }

  /** Starts all members; ready when they have a leader. */
  async start(): Promise<void> {
    for (const member of this.members) member.start(this.#dataOf(member), this.#layout());
    await eventually(() => this.ctl('endpoint', 'health'));
  }

  async kill(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()));
  }

  /** What `etcdctl` says to these words. */
  async ctl(...words: readonly string[]): Promise<string> {
    return this.#run([...this.clientFlags, ...words]);
  }

  /** The same, while nothing else happens in this process. */
  ctlSync(...words: readonly string[]): void {
    const args = [this.#endpoints(), ...this.clientFlags, ...words];
    execFileSync(programPath('etcdctl'), args, { env: { ETCDCTL_API: '3' } });
  }

  /** The same as another user, `name:password`. */
  async ctlAs(user: string, ...words: readonly string[]): Promise<string> {
    return this.#run([`--user=${user}`, ...words]);
  }

  async #run(words: readonly string[]): Promise<string> {
    const env = { ETCDCTL_API: '3' };
    return (await run(programPath('etcdctl'), [this.#endpoints(), ...words], { env })).stdout;
  }

  /** Has everybody say who he is from now on, `etcdctl` as root with the password `secret`. */
  async enableAuth(): Promise<void> {
    await this.ctl('user', 'add', 'root:secret');
    await this.ctl('user', 'grant-role', 'root', 'root');
    await this.ctl('auth', 'enable');
    this.clientFlags = [...this.clientFlags, '--user=root:secret'];
  }

  /** Number of the member that leads. */
  async findLeader(): Promise<number> {
    const statuses = JSON.parse(
      await this.ctl('endpoint', 'status', '-w', 'json'),
    ) as readonly EndpointStatus[];
    const leads = ({ Status: { header, leader } }: EndpointStatus): boolean => header.member_id === leader;
    const { Endpoint = '' } = statuses.find(leads) ?? {};
    return this.members.findIndex(({ clientUrl }) => clientUrl === Endpoint);
  }

  /** Throws away what was before now; its room is free when this resolves. */
  async compact(): Promise<void> {
    const [status] = JSON.parse(
      await this.ctl('endpoint', 'status', '-w', 'json'),
    ) as readonly EndpointStatus[];
    await this.ctl('compact', '--physical', String(status?.Status.header.revision ?? 0));
  }

  /** Keeps the data as they are now; `goBack` restarts the cluster on them. */
  async save(): Promise<void> {
    rmSync(this.#snapshot, { force: true });
    await this.ctl('snapshot', 'save', this.#snapshot);
  }

  /**
   * Restores what was saved, as etcd's manual says, under a new cluster token; or, where `isSameCluster`, under the old
   * one, so that the cluster keeps its id.
   */
  async goBack({ isSameCluster = false } = {}): Promise<void> {
    await this.kill();
    this.#generation += 1;
    for (const member of this.members) await this.#restore(member, isSameCluster);
    await this.start();
  }

  /** Restarts the cluster with nothing in it, and the same id. */
  async loseEverything(): Promise<void> {
    await this.kill();
    this.#generation += 1;
    await this.start();
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  get #snapshot(): string {
    return join(this.folder, 'snapshot');
  }

  async #restore(member: EtcdMember, isSameCluster: boolean): Promise<void> {
    const token = isSameCluster ? TOKEN : `${TOKEN}-${this.#generation}`;
    const words = ['snapshot', 'restore', this.#snapshot, '--data-dir', this.#dataOf(member)];
    const cluster = ['--name', member.name, '--initial-advertise-peer-urls', member.peerUrl];
    await this.ctl(
      ...words,
      ...cluster,
      '--initial-cluster',
      this.#layout(),
      '--initial-cluster-token',
      token,
    );
  }

  #dataOf(member: EtcdMember): string {
    return join(this.folder, `${member.name}-${this.#generation}`);
  }

  #layout(): string {
    return this.members.map(({ name, peerUrl }) => `${name}=${peerUrl}`).join(',');
  }

  #endpoints(): string {
    return `--endpoints=${this.members.map(({ clientUrl }) => clientUrl).join(',')}`;
  }
}

interface EndpointStatus {
  readonly Endpoint: string;
  readonly Status: {
    readonly header: { readonly member_id: number; readonly revision: number };
    readonly leader: number;
  };
}

const TOKEN = 'port-status-test';

export class EtcdMember {
  readonly peerUrl: string;
  readonly clientUrl: string;
  #process: ChildProcess | undefined;
  #start: (() => void) | undefined;

  constructor(
    readonly name: string,
    readonly clientPort: number,
    peerPort: number,
    readonly options: EtcdOptions,
  ) {
    this.peerUrl = `http://127.0.0.1:${peerPort}`;
    this.clientUrl = `${options.isTls === true ? 'https' : 'http'}://127.0.0.1:${clientPort}`;
  }

  start(dataFolder: string, cluster: string): void {
    const flags = [
      ...['--name', this.name, '--data-dir', dataFolder],
      ...['--listen-client-urls', this.clientUrl, '--advertise-client-urls', this.clientUrl],
      ...['--listen-peer-urls', this.peerUrl, '--initial-advertise-peer-urls', this.peerUrl],
      ...['--initial-cluster', cluster, '--initial-cluster-token', TOKEN, '--bcrypt-cost=4'],
      ...(this.options.isDurable === true ? [] : ['--unsafe-no-fsync']),
      ...(this.options.flags ?? []),
    ];
    this.#start = () => {
      this.#process = spawn(programPath('etcd'), flags, { stdio: 'ignore' });
    };
    this.#start();
  }

  /** After `kill`: with the data that it had. */
  startAgain(): void {
    this.#start?.();
  }

  /** Whether it ended, and nobody killed it. */
  hasEnded(): boolean {
    return hasEnded(this.#process);
  }

  /** The same process goes on, or stands still. */
  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name);
  }

  async kill(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (running?.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
  }
}

/** Starts a cluster on ports of its own. */
export async function startEtcd(options: EtcdOptions = {}): Promise<EtcdCluster> {
  const members: EtcdMember[] = [];
  for (let number = 1; number <= (options.members ?? 1); number++)
    members.push(new EtcdMember(`m${number}`, await freePort(), await freePort(), options));
  const cluster = new EtcdCluster(members, options);
  await cluster.start();
  return cluster;
}

import { execFile, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { OvsdbConnection } from '../../src/agent/ovs/connection.js';
import { systemClock } from '../../src/runtime/clock.js';
import { programPath } from './needs.js';
import type { TlsKeys } from './tls-keys.js';

const SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema';
const DATABASE = 'Open_vSwitch';
const READY_WITHIN_MS = 10_000;
/** Interfaces per transaction of `plug`. */
const BATCH = 2000;
const runFile = promisify(execFile);

/** The programs that `startOvsdb` needs, with their Debian packages; for `has` of needs.ts. */
export const OVSDB_PROGRAMS = {
  'ovsdb-server': 'openvswitch-switch',
  'ovsdb-tool': 'openvswitch-common',
} as const;

export interface OvsdbOptions {
  /** Whether the database is a cluster (of this one member), and so remembers what was changed by which transaction. */
  readonly isClustered?: boolean;
  /** Where given, the server also listens with TLS. */
  readonly tls?: TlsKeys;
}

/** A private ovsdb-server with Open vSwitch's schema and bridge br-int, and no ovs-vswitchd: a test writes every row. */
export interface OvsdbFixture {
  /** Path of its unix socket. */
  readonly socket: string;
  /** The TLS port on 127.0.0.1; only where it was asked for. */
  readonly tlsPort: number;
  /** Adds that many interfaces, with a port and an iface-id each, as a switch that has opened them; `first` is the first's number. */
  plug(first: number, count: number): Promise<void>;
  /** Sets the VLAN tag of the port of this interface. */
  setTag(interfaceNumber: number, tag: number): Promise<void>;
  unplug(interfaceNumber: number): Promise<void>;
  /** Stops or continues the server in its tracks: it keeps its connections and says nothing. */
  freeze(frozen: boolean): void;
  dispose(): Promise<void>;
}

/** The iface-id of interface number `n`. */
export function ifaceId(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
}

export async function startOvsdb(options: OvsdbOptions = {}): Promise<OvsdbFixture> {
  const fixture = new PrivateOvsdb(await mkdtemp(join(tmpdir(), 'port-status-ovsdb-')), options);
  try {
    await fixture.start();
    return fixture;
  } catch (error) {
    await fixture.dispose();
    throw error;
  }
}

class PrivateOvsdb implements OvsdbFixture {
  readonly socket: string;
  readonly #folder: string;
  readonly #options: OvsdbOptions;
  #server: ChildProcess | undefined;
  #tlsPort = 0;

  constructor(folder: string, options: OvsdbOptions) {
    this.#folder = folder;
    this.socket = join(folder, 'db.sock');
    this.#options = options;
  }

  get tlsPort(): number {
    return this.#tlsPort;
  }

  async start(): Promise<void> {
    const file = join(this.#folder, 'conf.db');
    const raft = `unix:${join(this.#folder, 'raft.sock')}`;
    const create =
      this.#options.isClustered === true ? ['create-cluster', file, SCHEMA, raft] : ['create', file, SCHEMA];
    await runFile(programPath('ovsdb-tool'), create);
    await this.#spawn(file);
    if (this.#options.tls !== undefined)
      this.#tlsPort = Number(await this.#untilLogged(/listening on port (\d+)/));
    await this.#untilUp();
  }

  async plug(first: number, count: number): Promise<void> {
    for (let done = 0; done < count; done += BATCH) {
      const numbers = Array.from({ length: Math.min(BATCH, count - done) }, (_, n) => first + done + n);
      const refs = numbers.map((n) => ['named-uuid', `port${n}`]);
      await this.#transact(
        ...numbers.flatMap((n) => plugRows(n)),
        onBridge({ op: 'mutate', mutations: [['ports', 'insert', ['set', refs]]] }),
      );
    }
  }

  async setTag(interfaceNumber: number, tag: number): Promise<void> {
    await this.#transact({ op: 'update', table: 'Port', where: named(interfaceNumber), row: { tag } });
  }

  async unplug(interfaceNumber: number): Promise<void> {
    const [found] = await this.#transact({
      op: 'select',
      table: 'Port',
      where: named(interfaceNumber),
      columns: ['_uuid'],
    });
    const { rows } = found as { rows: { _uuid: unknown }[] };
    await this.#transact(
      onBridge({ op: 'mutate', mutations: [['ports', 'delete', ['set', rows.map((row) => row._uuid)]]] }),
    );
  }

  freeze(frozen: boolean): void {
    this.#server?.kill(frozen ? 'SIGSTOP' : 'SIGCONT');
  }

  async dispose(): Promise<void> {
    const server = this.#server;
    if (server?.exitCode === null) {
      this.freeze(false);
      server.kill('SIGTERM');
      await once(server, 'exit');
    }
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #spawn(file: string): Promise<void> {
    const { tls } = this.#options;
    const secure =
      tls === undefined
        ? []
        : [
            '--remote=pssl:0:127.0.0.1',
            // The free port that it found is in its log.
            '-vconsole:info',
            `--private-key=${tls.server.privateKey}`,
            `--certificate=${tls.server.certificate}`,
            `--ca-cert=${tls.server.caCert}`,
          ];
    const args = [
      file,
      `--remote=punix:${this.socket}`,
      `--unixctl=${join(this.#folder, 'control')}`,
      ...secure,
    ];
    const log = await open(this.#logFile(), 'a');
    this.#server = spawn(programPath('ovsdb-server'), args, { stdio: ['ignore', log.fd, log.fd] });
    await log.close();
  }

  #logFile(): string {
    return join(this.#folder, 'log');
  }

  async #untilLogged(pattern: RegExp): Promise<string | undefined> {
    const giveUpAt = performance.now() + READY_WITHIN_MS;
    while (performance.now() < giveUpAt) {
      const found = pattern.exec(await readFile(this.#logFile(), 'utf8'));
      if (found !== null) return found[1];
      await sleep(20);
    }
    throw new Error(`ovsdb-server did not log ${String(pattern)}`);
  }

  /** A cluster takes a moment to elect its only member. */
  async #untilUp(): Promise<void> {
    const giveUpAt = performance.now() + READY_WITHIN_MS;
    for (;;) {
      try {
        await this.#transact(...FIRST_ROWS);
        return;
      } catch (error) {
        if (performance.now() > giveUpAt) throw error;
        await sleep(50);
      }
    }
  }

  async #transact(...operations: readonly unknown[]): Promise<readonly unknown[]> {
    const stop = new AbortController();
    const connection = new OvsdbConnection(connect(this.socket), {
      clock: systemClock,
      echoMs: READY_WITHIN_MS,
      notified: () => undefined,
    });
    const running = connection.run(stop.signal).catch(() => undefined);
    try {
      return await connection.call('transact', [DATABASE, ...operations], (reply) => {
        const results = reply.kind === 'result' ? (reply.value as readonly { error?: string }[]) : [];
        const failed = results.find((result) => typeof result.error === 'string');
        if (reply.kind === 'error' || failed !== undefined) throw new Error(JSON.stringify(failed ?? reply));
        return results;
      });
    } finally {
      stop.abort();
      await running;
    }
  }
}

const FIRST_ROWS = [
  { op: 'insert', table: 'Open_vSwitch', row: { bridges: ['named-uuid', 'bridge'] } },
  {
    op: 'insert',
    table: 'Bridge',
    'uuid-name': 'bridge',
    row: { name: 'br-int', datapath_id: '0000ee5adfd22745' },
  },
];

function plugRows(n: number): readonly unknown[] {
  const opened = { ofport: 1 + (n % 60_000), ifindex: n + 1, mac_in_use: 'fa:16:3e:00:00:01' };
  const columns = { name: `tap${n}`, link_state: 'down', admin_state: 'up', ...opened };
  const ids = ['map', [['iface-id', ifaceId(n)]]];
  return [
    { op: 'insert', table: 'Interface', 'uuid-name': `iface${n}`, row: { ...columns, external_ids: ids } },
    {
      op: 'insert',
      table: 'Port',
      'uuid-name': `port${n}`,
      row: { name: `tap${n}`, tag: 1 + (n % 4000), interfaces: ['named-uuid', `iface${n}`] },
    },
  ];
}

function onBridge(operation: Readonly<Record<string, unknown>>): unknown {
  return { ...operation, table: 'Bridge', where: [['name', '==', 'br-int']] };
}

function named(interfaceNumber: number): readonly unknown[] {
  return [['name', '==', `tap${interfaceNumber}`]];
}

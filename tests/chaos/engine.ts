import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Opened } from '../../src/runtime/opened.js';
import { startEtcd } from '../support/etcd.js';
import { startRedis } from '../support/redis.js';
import { startTcpProxy } from '../support/tcp-proxy.js';
import type { TcpProxy } from '../support/tcp-proxy.js';

/** The northbound database, with a way of its own to it for each process. */
export interface ChaosEngine {
  /** Past all that is put in the way. */
  readonly directUrl: string;
  urlFor(process: string): string;
  readonly proxies: ReadonlyMap<string, TcpProxy>;
  /** Ends it as a crash does, and starts it on what it had stored. */
  restart(): Promise<void>;
  /** Starts it where it has ended by itself, as a service manager does. */
  revive(): Promise<void>;
  /** It stands still, or goes on. */
  signal(name: NodeJS.Signals): void;
  /** Its disk; absent where it has none of its own. */
  readonly disk?: Disk | undefined;
}

/** A small disk of its own. */
export interface Disk {
  readonly folder: string;
  /** Takes all the room that is left, or gives it back. */
  fill(): void;
  empty(): void;
}

/** @param address where its proxies listen. @throws where there is no such engine. */
export async function startEngine(
  name: string,
  processes: readonly string[],
  address: string,
  opened: Opened,
): Promise<ChaosEngine> {
  const disk = mountDisk(DISK_MIB[name] ?? 0, opened);
  const server = await startServer(name, disk);
  opened.add({ close: () => server.dispose() });
  const proxies = new Map<string, TcpProxy>();
  for (const process of processes) {
    const proxy = await startTcpProxy({ port: server.port, host: '127.0.0.1' }, address);
    opened.add({ close: () => proxy.dispose() });
    proxies.set(process, proxy);
  }
  return {
    disk,
    directUrl: `${name}://127.0.0.1:${server.port}`,
    urlFor: (process) => `${name}://${address}:${String(proxies.get(process)?.port)}`,
    proxies,
    restart: async () => {
      await server.kill();
      await server.start();
    },
    revive: async () => {
      if (server.hasEnded()) await server.start();
    },
    signal: (signal) => server.signal(signal),
  };
}

interface EngineServer {
  readonly port: number;
  start(): Promise<void>;
  kill(): Promise<void>;
  /** Whether it ended by itself. */
  hasEnded(): boolean;
  signal(name: NodeJS.Signals): void;
  dispose(): Promise<void>;
}

async function startServer(name: string, disk: Disk | undefined): Promise<EngineServer> {
  if (name === 'redis') {
    const place = disk === undefined ? [] : ['--dir', disk.folder];
    return startRedis(['--appendonly', 'yes', '--appendfsync', 'everysec', ...place]);
  }
  if (name !== 'etcd') throw new Error(`no engine ${name} here; there are redis and etcd`);
  const cluster = await startEtcd(disk === undefined ? {} : { folder: join(disk.folder, 'etcd') });
  return {
    port: cluster.first.clientPort,
    start: () => cluster.start(),
    kill: () => cluster.kill(),
    hasEnded: () => cluster.first.hasEnded(),
    signal: (signal) => cluster.first.signal(signal),
    dispose: () => cluster.dispose(),
  };
}

/** Room for what a run writes many times over. etcd takes two segments of its log, of 64 MiB each, in advance. */
const DISK_MIB: Readonly<Partial<Record<string, number>>> = { redis: 32, etcd: 256 };

/** Undefined where this user may not mount one: then no disk is ever full. */
function mountDisk(mib: number, opened: Opened): Disk | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'port-status-disk-'));
  const words = ['-t', 'tmpfs', '-o', `size=${mib}m`, 'tmpfs', folder];
  if (spawnSync('mount', words).status !== 0) {
    rmSync(folder, { recursive: true });
    return undefined;
  }
  opened.add({
    close: async () => {
      execFileSync('umount', [folder]);
      rmSync(folder, { recursive: true });
    },
  });
  const filler = join(folder, 'filler');
  return {
    folder,
    fill: () => fillUp(filler),
    empty: () => rmSync(filler, { force: true }),
  };
}

function fillUp(filler: string): void {
  for (let bytes = 2 ** 20; bytes >= 1;) {
    try {
      writeFileSync(filler, Buffer.alloc(bytes), { flag: 'a' });
    } catch {
      bytes = Math.floor(bytes / 16);
    }
  }
}

import type { Redis } from 'ioredis';
import type { Northbound } from '../src/northbound/northbound.js';
import { MemoryDatabase } from '../src/northbound/memory/database.js';
import { MemoryNorthbound } from '../src/northbound/memory/memory-northbound.js';
import { openNorthbound } from '../src/northbound/open.js';
import { systemClock } from '../src/runtime/clock.js';
import { systemRandom } from '../src/runtime/random.js';
import { startEtcd } from '../tests/support/etcd.js';
import { startRedis } from '../tests/support/redis.js';
import { makeSqliteHome } from '../tests/support/sqlite-fixture.js';
import { childrenOf, commandOf } from './cloud/processes.js';
import { meterEtcd, meterRedis, meterSqlite } from './engine-meters.js';
import type { Meter } from './engine-meters.js';

/** An empty database of one engine, on a private server where the engine has one. */
export interface EngineHome {
  readonly version: string;
  /** `northbound.url` */
  readonly url: string;
  /** Absent where it is no process, or several. */
  readonly pid?: number | undefined;
  connect(): Northbound;
  /** Absent where nothing counts. */
  readonly meter?: Meter;
  /** Loses all data under whoever is connected. Absent where only a stop of everybody would do. */
  forget?(): Promise<unknown>;
  dispose(): Promise<void>;
}

/** How each engine is started for a measurement, with the durability that its documentation recommends. */
export const ENGINE_HOMES: Readonly<Record<string, () => Promise<EngineHome>>> = {
  memory: startMemory,
  sqlite: startSqlite,
  redis: startRedisHome,
  etcd: startEtcdHome,
};

const SYSTEM = { clock: systemClock, random: systemRandom };

async function startMemory(): Promise<EngineHome> {
  const database = new MemoryDatabase(SYSTEM);
  return {
    version: 'in this process',
    url: 'memory:',
    connect: () => new MemoryNorthbound(database),
    forget: async () => {
      database.loseEverything();
    },
    dispose: async () => undefined,
  };
}

async function startSqlite(): Promise<EngineHome> {
  const home = makeSqliteHome();
  return {
    version: 'libsql, WAL, synchronous = NORMAL',
    url: `sqlite:${home.path}`,
    connect: () => openNorthbound(`sqlite:${home.path}`, SYSTEM),
    meter: meterSqlite(home.path),
    dispose: async () => home.remove(),
  };
}

/** As docs/operating/engines.md has it. */
const REDIS = [
  ...['--appendonly', 'yes', '--appendfsync', 'everysec'],
  ...['--auto-aof-rewrite-min-size', '1gb'],
];

async function startRedisHome(): Promise<EngineHome> {
  const server = await startRedis(REDIS);
  const info = await server.admin.info('server');
  const url = `redis://127.0.0.1:${server.port}`;
  return {
    version: `Redis ${await redisVersionOf(server.admin)}, appendfsync everysec, auto-aof-rewrite-min-size 1gb`,
    url,
    pid: Number(/process_id:(\d+)/.exec(info)?.[1]),
    connect: () => openNorthbound(url, SYSTEM),
    meter: meterRedis(server.admin),
    forget: () => server.admin.flushall(),
    dispose: () => server.dispose(),
  };
}

export async function redisVersionOf(admin: Redis): Promise<string> {
  return /redis_version:(\S+)/.exec(await admin.info('server'))?.[1] ?? '?';
}

async function startEtcdHome(): Promise<EngineHome> {
  const cluster = await startEtcd({ isDurable: true });
  const version = /etcdctl version: (\S+)/.exec(await cluster.ctl('version'))?.[1] ?? '?';
  const url = `etcd://127.0.0.1:${cluster.first.clientPort}`;
  return {
    version: `etcd ${version}, one member, fsync at each commit`,
    url,
    pid: childrenOf(process.pid).find((pid) => commandOf(pid).includes(cluster.first.clientUrl)),
    connect: () => openNorthbound(url, SYSTEM),
    meter: meterEtcd(cluster),
    forget: () => cluster.ctl('del', '', '--prefix'),
    dispose: () => cluster.dispose(),
  };
}

import { readFileSync, statSync } from 'node:fs';
import Database from 'libsql';
import type { Redis } from 'ioredis';
import { Session } from '../src/northbound/sqlite/session.js';
import type { EtcdCluster } from '../tests/support/etcd.js';

/** What an engine did since it was first counted, and what it holds now. */
export interface Reading {
  /** Operations of the engine's own kind: SQLite's statements, Redis' commands (those of scripts too), etcd's reads and writes of keys. */
  readonly operations: number;
  /** Bytes that it wrote to its disk. */
  readonly written: number;
  /** Bytes that its data take. */
  readonly kept: number;
}

export type Meter = () => Promise<Reading>;

/** `appendonly` has to be on, and the log not rewritten meanwhile. */
export function meterRedis(admin: Redis): Meter {
  return async () => {
    const [commands, persistence, memory] = await Promise.all([
      admin.info('commandstats'),
      admin.info('persistence'),
      admin.info('memory'),
    ]);
    return {
      operations: sumOf(commands, /calls=(\d+)/g),
      written: sumOf(persistence, /aof_current_size:(\d+)/g),
      kept: sumOf(memory, /used_memory_dataset:(\d+)/g),
    };
  };
}

/** Has etcd forget what is overwritten first, as `--auto-compaction-retention` does from time to time. */
export function meterEtcd(cluster: EtcdCluster): Meter {
  return async () => {
    await cluster.compact();
    const metrics = await (await fetch(`${cluster.first.clientUrl}/metrics`)).text();
    return {
      operations: sumOf(metrics, /^etcd_mvcc_(?:put|range|delete)_total (\S+)/gm),
      written: sumOf(metrics, /^etcd_disk_wal_write_bytes_total (\S+)/gm),
      kept: sumOf(metrics, /^etcd_mvcc_db_total_size_in_use_in_bytes (\S+)/gm),
    };
  };
}

/** Counts what this process' connections do, and what this process writes to any file: Linux alone tells that. */
export function meterSqlite(path: string): Meter {
  const before = countStatements();
  return async () => {
    const database = new Database(path);
    database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    database.close();
    return {
      operations: countStatements() - before,
      written: sumOf(readFileSync('/proc/self/io', 'utf8'), /wchar: (\d+)/g),
      kept: statSync(path).size,
    };
  };
}

let statements: number | undefined;

/** How many statements this process carried out since it was asked first. */
function countStatements(): number {
  if (statements === undefined) {
    statements = 0;
    for (const way of ['rows', 'run', 'exec'] as const) countCallsOf(way);
  }
  return statements;
}

function countCallsOf(way: 'rows' | 'run' | 'exec'): void {
  const original = Reflect.get(Session.prototype, way) as (...args: readonly unknown[]) => unknown;
  Object.defineProperty(Session.prototype, way, {
    value(this: Session, ...args: readonly unknown[]): unknown {
      statements = (statements ?? 0) + 1;
      return Reflect.apply(original, this, args);
    },
  });
}

function sumOf(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((sum, [, digits]) => sum + Number(digits), 0);
}

import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createConnection } from 'mysql2/promise';
import type { Connection, Pool, ResultSetHeader } from 'mysql2/promise';
import { answering } from './answering.js';
import { freePort } from './free-port.js';
import { findProgram } from './needs.js';
import type { NeutronConnection, NeutronRows } from './neutron-rows.js';
import { ROOT } from './root.js';

export const MARIADB = { mariadbd: 'mariadb-server', 'mariadb-install-db': 'mariadb-server' };

/** A MariaDB server of our own, with Neutron's tables in the schema `neutron`. */
export interface Mariadb {
  readonly port: number;
  /** `neutron.url` for a user, root where none is named. */
  url(user?: string): string;
  /** A connection of the administrator. */
  readonly admin: () => Promise<Connection>;
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
  readonly dispose: () => Promise<void>;
}

const USER_PASSWORD = 'port-status-test';

/** Starts a server in a folder of its own; ready when it answers. */
export async function startMariadb(options: readonly string[] = []): Promise<Mariadb> {
  const folder = mkdtempSync(join(tmpdir(), 'port-status-mariadb-'));
  const port = await freePort();
  mkdirSync(join(folder, 'tmp'));
  install(folder);
  let server: ChildProcess | undefined;
  const connect = (): Promise<Connection> =>
    createConnection({ host: '127.0.0.1', port, user: 'root', multipleStatements: true, dateStrings: true });
  const start = async (): Promise<void> => {
    server = spawnServer(folder, port, options);
    await answering(connect, server);
  };
  const stop = async (): Promise<void> => {
    const running = server;
    server = undefined;
    if (running === undefined) return;
    const ended = once(running, 'exit');
    running.kill('SIGTERM');
    await ended;
  };
  await start();
  return {
    port,
    url: (user) =>
      `mysql://${user === undefined ? 'root' : `${user}:${USER_PASSWORD}`}@127.0.0.1:${port}/neutron`,
    admin: connect,
    start,
    stop,
    dispose: async () => {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** (Re)creates the schema `neutron` with its real tables, and drops the ledger. */
export async function loadNeutron(admin: Connection, { withPorts = false } = {}): Promise<void> {
  await admin.query(
    'drop schema if exists port_status; drop schema if exists neutron; create schema neutron; use neutron',
  );
  await admin.query(fixture('mariadb.sql'));
  if (withPorts) await admin.query(fixture('three-ports.mariadb.sql'));
}

/** Makes a database user that has exactly these grants. */
export async function createUser(admin: Connection, user: string, grants: readonly string[]): Promise<void> {
  await admin.query(
    `drop user if exists '${user}'@'%'; create user '${user}'@'%' identified by '${USER_PASSWORD}'`,
  );
  for (const grant of grants) await admin.query(grant);
}

/** Lets the fixtures of neutron-rows.ts speak to this server. */
export function rowsOf(database: Connection | Pool): NeutronRows {
  return {
    run: async (statement, values = []) => {
      const [rows] = await database.execute(statement, [...values]);
      return Array.isArray(rows) ? (rows as Readonly<Record<string, unknown>>[]) : [];
    },
  };
}

/** The administrator's connection in the words of a test. */
export function connectionOf(connection: Connection): NeutronConnection {
  return {
    ...rowsOf(connection),
    change: async (statement, values) => {
      const [{ affectedRows }] = await connection.execute<ResultSetHeader>(statement, [...values]);
      return affectedRows;
    },
    end: () => connection.end(),
  };
}

function fixture(name: string): string {
  return readFileSync(fileURLToPath(new URL(`neutron-schema/${name}`, ROOT)), 'utf8');
}

function install(folder: string): void {
  const { status, stderr } = spawnSync(
    program('mariadb-install-db'),
    [
      '--no-defaults',
      `--datadir=${folder}/data`,
      `--tmpdir=${folder}/tmp`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`mariadb-install-db failed: ${stderr}`);
}

function spawnServer(folder: string, port: number, options: readonly string[]): ChildProcess {
  const args = [
    '--no-defaults',
    `--datadir=${folder}/data`,
    `--tmpdir=${folder}/tmp`, // a server that starts removes the temporary tables that it finds, other servers' too
    `--socket=${folder}/s.sock`,
    `--pid-file=${folder}/pid`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    '--innodb-buffer-pool-size=64M',
    '--log-disabled-statements=', // the general log, where a test looks into it, also tells what compound statements do
    `--log-error=${folder}/error.log`,
    ...options,
  ];
  const user = process.getuid?.() === 0 ? ['--user=root'] : [];
  return spawn(program('mariadbd'), [...args, ...user], { stdio: 'ignore' });
}

function program(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`${name} is missing; install the Debian package mariadb-server`);
  return path;
}

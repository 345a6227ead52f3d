import { execFileSync, spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { answering } from './answering.js';
import { freePort } from './free-port.js';
import { findProgram } from './needs.js';
import type { NeutronConnection } from './neutron-rows.js';
import { ROOT } from './root.js';

export const POSTGRESQL = { postgres: 'postgresql', initdb: 'postgresql' };

/** A PostgreSQL server of our own, with Neutron's tables in the schema `public` of the database `neutron`. */
export interface Postgresql {
  /** `neutron.url` for a user, the administrator where none is named. */
  url(user?: string): string;
  /** A connection of the administrator. */
  readonly admin: () => Promise<pg.Client>;
  readonly dispose: () => Promise<void>;
}

const ADMIN = 'postgres';
const USER_PASSWORD = 'port-status-test';

/** Starts a server in a folder of its own, with a database `neutron` that is empty; ready when it answers. */
export async function startPostgresql(options: readonly string[] = []): Promise<Postgresql> {
  const folder = mkdtempSync(join(tmpdir(), 'port-status-postgresql-'));
  const port = await freePort();
  const owner = unprivileged();
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid);
  install(folder, owner);
  const server = spawnServer(folder, port, owner, options);
  const connect = (database: string): Promise<pg.Client> => connectTo(folder, port, database);
  await answering(() => connect('postgres'), server);
  await createDatabase(await connect('postgres'));
  return {
    url: (user) =>
      user === undefined
        ? `postgresql://${ADMIN}@localhost:${port}/neutron?socket=${folder}`
        : `postgresql://${user}:${USER_PASSWORD}@127.0.0.1:${port}/neutron`,
    admin: () => connect('neutron'),
    dispose: async () => {
      await stop(server);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Makes Neutron's real tables in an empty database. */
export async function loadNeutron(admin: pg.Client): Promise<void> {
  const file = new URL('neutron-schema/postgresql.sql', ROOT);
  await admin.query(readFileSync(fileURLToPath(file), 'utf8'));
}

/** Makes a database user that has exactly these grants. */
export async function createUser(admin: pg.Client, user: string, grants: readonly string[]): Promise<void> {
  await admin.query(`create role ${user} login password '${USER_PASSWORD}'`);
  for (const grant of grants) await admin.query(grant);
}

/** The administrator's connection in the words of a test: `?` for a parameter, backticks around a reserved word. */
export function connectionOf(admin: pg.Client): NeutronConnection {
  const query = (
    statement: string,
    values: readonly (string | number | null)[],
  ): Promise<pg.QueryResult<Record<string, unknown>>> => admin.query(numbered(statement), [...values]);
  return {
    run: async (statement, values = []) => (await query(statement, values)).rows,
    change: async (statement, values) => (await query(statement, values)).rowCount ?? 0,
    end: () => admin.end(),
  };
}

function numbered(statement: string): string {
  let count = 0;
  return statement.replaceAll('`', '"').replaceAll('?', () => `$${++count}`);
}

type Owner = { readonly uid: number; readonly gid: number } | { readonly uid?: undefined };

/** PostgreSQL refuses to run as root: then it runs as the user that its Debian package makes. */
function unprivileged(): Owner {
  if (process.getuid?.() !== 0) return {};
  const idOf = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: idOf('-u'), gid: idOf('-g') };
}

/** Gives a folder and what is in it to whoever the server runs as. */
export function giveToServer(folder: string): void {
  const owner = unprivileged();
  if (owner.uid === undefined) return;
  for (const path of [folder, ...readdirSync(folder).map((name) => join(folder, name))])
    chownSync(path, owner.uid, owner.gid);
}

function install(folder: string, owner: Owner): void {
  const { status, stderr } = spawnSync(
    program('initdb'),
    [
      `--pgdata=${folder}/data`,
      `--username=${ADMIN}`,
      '--auth-local=trust',
      '--auth-host=scram-sha-256',
      '--encoding=UTF8',
      '--no-sync',
    ],
    { ...owner, cwd: folder, encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`initdb failed: ${stderr}`);
}

function spawnServer(folder: string, port: number, owner: Owner, options: readonly string[]): ChildProcess {
  const settings = [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${folder}`,
    'fsync=off',
    'shared_buffers=32MB',
    ...options,
  ];
  const args = ['-D', `${folder}/data`, ...settings.flatMap((setting) => ['-c', setting])];
  return spawn(program('postgres'), args, { ...owner, cwd: folder, stdio: 'ignore' });
}

async function connectTo(folder: string, port: number, database: string): Promise<pg.Client> {
  const types = new pg.TypeOverrides();
  types.setTypeParser(pg.types.builtins.INT8, Number);
  types.setTypeParser(pg.types.builtins.TIMESTAMP, String);
  const client = new pg.Client({ host: folder, port, user: ADMIN, database, types });
  await client.connect();
  return client;
}

async function createDatabase(admin: pg.Client): Promise<void> {
  await admin.query('create database neutron');
  await admin.end();
}

/** SIGINT: ends the sessions and then the server. */
async function stop(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return;
  const ended = once(server, 'exit');
  server.kill('SIGINT');
  await ended;
}

function program(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`${name} is missing; install the Debian package postgresql`);
  return path;
}

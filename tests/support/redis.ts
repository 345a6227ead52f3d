import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { hasEnded } from './ended.js';
import { programPath } from './needs.js';

export const REDIS = { 'redis-server': 'redis-server' };

/** A Redis of our own, without persistence but what a test saves. */
export interface RedisServer {
  readonly port: number;
  readonly folder: string;
  /** A connection of the administrator, which lasts from one start of the server to its end. */
  readonly admin: Redis;
  start(): Promise<void>;
  /** Kills it: nothing more is written. */
  kill(): Promise<void>;
  /** Whether it ended, and nobody killed it. */
  hasEnded(): boolean;
  /** The same process goes on, or stands still. */
  signal(name: NodeJS.Signals): void;
  /** Keeps the data as they are now; `goBack` restarts the server on them. */
  save(): Promise<void>;
  goBack(): Promise<void>;
  dispose(): Promise<void>;
}

/** Starts a server in a folder of its own; ready when it answers. */
export async function startRedis(options: readonly string[] = [], port?: number): Promise<RedisServer> {
  const server = new PrivateRedis(port ?? (await freePort()), options);
  await server.start();
  return server;
}

class PrivateRedis implements RedisServer {
  readonly port: number;
  readonly folder = mkdtempSync(join(tmpdir(), 'port-status-redis-'));
  readonly #options: readonly string[];
  #process: ChildProcess | undefined;
  #admin: Redis | undefined;

  constructor(port: number, options: readonly string[]) {
    this.port = port;
    this.#options = options;
  }

  get admin(): Redis {
    if (this.#admin === undefined) throw new Error('the server is not running');
    return this.#admin;
  }

  async start(): Promise<void> {
    this.#process = spawn(programPath('redis-server'), this.#arguments(), { stdio: 'ignore' });
    const started = this.#process;
    this.#admin = await eventually(() => {
      if (started.exitCode !== null) throw new Error(`redis-server ended with ${started.exitCode}`);
      return this.#connect();
    });
  }

  hasEnded(): boolean {
    return hasEnded(this.#process);
  }

  async kill(): Promise<void> {
    this.#admin?.disconnect();
    this.#admin = undefined;
    const running = this.#process;
    this.#process = undefined;
    if (running?.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
  }

  signal(name: NodeJS.Signals): void {
    this.#process?.kill(name);
  }

  async save(): Promise<void> {
    await this.admin.save();
    copyFileSync(join(this.folder, 'dump.rdb'), join(this.folder, 'saved.rdb'));
  }

  async goBack(): Promise<void> {
    await this.kill();
    copyFileSync(join(this.folder, 'saved.rdb'), join(this.folder, 'dump.rdb'));
    await this.start();
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #connect(): Promise<Redis> {
    const admin = new Redis({ port: this.port, lazyConnect: true, retryStrategy: null });
    admin.on('error', () => undefined);
    await admin.connect();
    await admin.ping();
    return admin;
  }

  #arguments(): readonly string[] {
    const own = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder, '--save', ''];
    return [...own, '--appendonly', 'no', '--enable-debug-command', 'yes', ...this.#options];
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { eventually } from './eventually.js';
import { freePort } from './free-port.js';
import { programPath } from './needs.js';

/** A Sentinel of our own, which alone decides upon a failover. */
export interface Sentinel {
  readonly port: number;
  readonly admin: Redis;
  dispose(): Promise<void>;
}

export const MASTER = 'our-master';

export async function startSentinel(masterPort: number, password: string): Promise<Sentinel> {
  const folder = mkdtempSync(join(tmpdir(), 'port-status-sentinel-'));
  const port = await freePort();
  const config = join(folder, 'sentinel.conf');
  writeFileSync(config, configOf({ port, folder, masterPort, password }));
  const running = spawn(programPath('redis-server'), [config, '--sentinel'], { stdio: 'ignore' });
  const admin = await eventually(async () => {
    if (running.exitCode !== null) throw new Error(`the Sentinel ended with ${running.exitCode}`);
    const client = new Redis({ port, password, lazyConnect: true, retryStrategy: null });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  });
  return {
    port,
    admin,
    dispose: async () => {
      admin.disconnect();
      const ended = once(running, 'exit');
      running.kill('SIGKILL');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Settings {
  readonly port: number;
  readonly folder: string;
  readonly masterPort: number;
  readonly password: string;
}

function configOf({ port, folder, masterPort, password }: Settings): string {
  return [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `requirepass ${password}`,
    `sentinel monitor ${MASTER} 127.0.0.1 ${masterPort} 1`,
    `sentinel down-after-milliseconds ${MASTER} 500`,
    `sentinel failover-timeout ${MASTER} 5000`,
    '',
  ].join('\n');
}

import { mkdirSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { FOLDER, writePerformance } from './performance.js';

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));

/** What `all` measures: the name of the file, and the words of the command. */
const MEASUREMENTS = {
  'storm-redis-mariadb': ['storm'],
  'storm-large': ['storm', '--ports', '200000', '--chassis', '10000'],
  'storm-redis-postgresql': ['storm', '--db', 'postgresql'],
  'storm-etcd-mariadb': ['storm', '--engine', 'etcd'],
  'storm-sqlite-sqlite': ['storm', '--engine', 'sqlite', '--db', 'sqlite'],
  idle: ['idle'],
  steady: ['steady'],
  neighbour: ['neighbour'],
  page: ['page'],
  repeats: ['repeats'],
  takeover: ['takeover'],
  flap: ['flap'],
  scale: ['scale'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

export interface AllOptions {
  /** Names of measurements; absent: all. The figures of others stay as they are. */
  readonly only?: readonly string[] | undefined;
  readonly runs: number;
}

/** Measures each in a process of its own, one after the other, then writes docs/performance.md of all figures there are. */
export async function measureAll({ only, runs }: AllOptions): Promise<number> {
  mkdirSync(FOLDER, { recursive: true });
  let exitCode = 0;
  for (const [name, words] of Object.entries(MEASUREMENTS)) {
    if (only !== undefined && !only.includes(name)) continue;
    process.stderr.write(`${name}\n`);
    const file = `${FOLDER}/${name}.json`;
    const child = spawn(process.execPath, [MAIN, ...words, '--runs', String(runs), '--json', file], {
      stdio: 'inherit',
    });
    const [code] = (await once(child, 'exit')) as [number | null];
    if (code !== 0) exitCode = 1;
  }
  await writePerformance(Object.keys(MEASUREMENTS));
  return exitCode;
}

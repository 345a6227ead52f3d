import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { lineOf } from './bounds.js';
import { commitOf } from './machine.js';
import { FOLDER, writePerformance } from './performance.js';
import type { ResultFile } from './result-file.js';

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

/** Measures each in a process of its own, one after the other, then writes docs/performance.md of all figures there are, and says what was not kept. */
export async function measureAll({ only, runs }: AllOptions): Promise<number> {
  mkdirSync(FOLDER, { recursive: true });
  const commit = commitOf();
  const common = ['--runs', String(runs), ...(commit === null ? [] : ['--commit', commit])];
  const failed: string[] = [];
  for (const [name, words] of Object.entries(MEASUREMENTS)) {
    if (only !== undefined && !only.includes(name)) continue;
    process.stderr.write(`${name}\n`);
    const file = `${FOLDER}/${name}.json`;
    rmSync(file, { force: true }); // where this run fails, the figures of another are not shown as its own
    const child = spawn(process.execPath, [...process.execArgv, MAIN, ...words, ...common, '--json', file], {
      stdio: 'inherit',
    });
    await once(child, 'exit');
    failed.push(...failuresOf(file).map((failure) => `${name}: ${failure}`));
  }
  await writePerformance(Object.keys(MEASUREMENTS));
  for (const line of failed) process.stderr.write(`${line}\n`);
  return failed.length === 0 ? 0 : 1;
}

function failuresOf(file: string): readonly string[] {
  if (!existsSync(file)) return ['FAILED: there are no figures'];
  const { bounds } = JSON.parse(readFileSync(file, 'utf8')) as ResultFile;
  return bounds.filter(({ holds }) => !holds).map(lineOf);
}

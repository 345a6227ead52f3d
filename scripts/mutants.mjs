// Plants the faults of tests/mutants, one at a time, in a copy of the sources, and plays histories until one goes wrong.
// Prints a table. Fails where a fault is not found, or a patch no longer applies; with --check that is all it looks at.
// With words, only the patches are planted whose names contain one of them. The first line of a patch says what its fault is.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const HISTORIES = '1000';
const STEPS = '400';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'tests', 'mutants');
const words = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const patches = readdirSync(folder)
  .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
  .sort()
  .map((name) => join(folder, name));
const COPIED = ['src', 'neutron-schema', 'package.json', 'tsconfig.json', 'tsconfig.build.json'];

function copySources() {
  const copy = mkdtempSync(join(tmpdir(), 'port-status-mutants-'));
  for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');
  return copy;
}

function run(cwd, command, ...args) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  return { status, stdout, said: stdout + stderr };
}

/** A fault may leave unused what it should have used. */
const COMPILE = [
  ...['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'],
  ...['--noUnusedLocals', 'false', '--noUnusedParameters', 'false'],
];

/** What the first history that goes wrong shows, or why none could be played. */
function play(copy) {
  const compiled = run(copy, process.execPath, ...COMPILE);
  if (compiled.status !== 0) return { trouble: `it does not compile: ${compiled.said}` };
  const script = join(root, 'scripts', 'first-violation.mjs');
  const { stdout, said } = run(copy, process.execPath, script, copy, HISTORIES, STEPS);
  return stdout.startsWith('{') ? JSON.parse(stdout) : { trouble: `no history could be played: ${said}` };
}

/** The seed that found the fault; undefined where none did. */
function find(copy, patch) {
  run(copy, 'git', 'apply', patch);
  const { seed, complaint, trouble } = play(copy);
  run(copy, 'git', 'apply', '--reverse', patch);
  const fault = readFileSync(patch, 'utf8').split('\n')[0];
  console.log(`| ${fault} | ${seed ?? trouble ?? 'not found'} |`);
  if (complaint !== undefined) console.error(`  ${complaint.slice(0, 160)}`);
  return seed;
}

/** Whether every fault was found; without one, the same histories have to be sound. */
function findAll(copy) {
  const { complaint, trouble } = play(copy);
  const why = complaint ?? trouble;
  if (why !== undefined) throw new Error(`without a fault the histories fail, too: ${why}`);
  console.log('| fault | found by seed |\n|---|---|');
  return patches.map((patch) => find(copy, patch)).every((seed) => seed !== undefined);
}

function plantAll() {
  const copy = copySources();
  try {
    return findAll(copy);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

const stale = patches.filter((patch) => run(root, 'git', 'apply', '--check', patch).status !== 0);
for (const patch of stale) console.error(`${patch} no longer applies`);
process.exitCode = stale.length === 0 && (process.argv.includes('--check') || plantAll()) ? 0 : 1;

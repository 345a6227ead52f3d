// Plants the faults of tests/mutants, one at a time, in a copy of the sources, and has the property of histories find each.
// Fails where a fault is not found, or a patch no longer applies; with --check that is all it looks at. The first line of
// a patch says what its fault is.
// With --check it only looks whether all patches apply.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = join(root, 'tests', 'mutants');
const patches = readdirSync(folder)
  .sort()
  .map((name) => join(folder, name));
const COPIED = ['src', 'tests', 'neutron-schema', 'package.json', 'tsconfig.json', 'vitest.config.ts'];

function copySources() {
  const copy = mkdtempSync(join(tmpdir(), 'port-status-mutants-'));
  for (const name of COPIED) cpSync(join(root, name), join(copy, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'dir');
  return copy;
}

function run(cwd, command, ...args) {
  return spawnSync(command, args, { cwd, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } });
}

function play(copy) {
  return run(copy, process.execPath, 'node_modules/vitest/vitest.mjs', 'run', '--project', 'mutants');
}

/** After how many histories the fault was found, or why it was not. */
function find(copy, patch) {
  run(copy, 'git', 'apply', patch);
  const played = play(copy);
  run(copy, 'git', 'apply', '--reverse', patch);
  if (played.status === 0) return 'not found';
  const found = /AssertionError: seed (\d+)/.exec(played.stdout + played.stderr);
  return found === null ? `the property did not run:\n${played.stdout}${played.stderr}` : Number(found[1]);
}

/** Whether every fault was found; without one, the same histories have to be sound. */
function findAll(copy) {
  const sound = play(copy);
  if (sound.status !== 0)
    throw new Error(`without a fault the histories fail, too:\n${sound.stdout}${sound.stderr}`);
  console.log('| fault | found after histories |\n|---|---|');
  const results = patches.map((patch) => {
    const result = find(copy, patch);
    console.log(`| ${readFileSync(patch, 'utf8').split('\n')[0]} | ${result} |`);
    return result;
  });
  return results.every((result) => typeof result === 'number');
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

// Plants the faults of tests/mutants, one at a time, in a copy of the sources, and has the property of histories find each.
// Fails where a fault is not found, or a patch no longer applies. The first line of a patch says what the fault is.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const patches = join(root, 'tests', 'mutants');
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
  const applied = run(copy, 'git', 'apply', patch);
  if (applied.status !== 0) return `the patch does not apply: ${applied.stderr.trim()}`;
  const played = play(copy);
  run(copy, 'git', 'apply', '--reverse', patch);
  if (played.status === 0) return 'not found';
  const found = /Property failed after (\d+) tests/.exec(played.stdout + played.stderr);
  return found === null ? `the property did not run:\n${played.stdout}${played.stderr}` : Number(found[1]);
}

const copy = copySources();
let missed = 0;
try {
  const sound = play(copy);
  if (sound.status !== 0)
    throw new Error(`without a fault the histories fail, too:\n${sound.stdout}${sound.stderr}`);
  console.log('| fault | found after histories |\n|---|---|');
  for (const name of readdirSync(patches).sort()) {
    const patch = join(patches, name);
    const result = find(copy, patch);
    if (typeof result !== 'number') missed++;
    console.log(`| ${readFileSync(patch, 'utf8').split('\n')[0]} | ${result} |`);
  }
} finally {
  rmSync(copy, { recursive: true });
}
console.log(missed === 0 ? 'every fault was found' : `${missed} faults were not found`);
process.exitCode = missed === 0 ? 0 : 1;

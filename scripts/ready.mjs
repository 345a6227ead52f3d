// Makes a fresh clone ready: installs what the lock file says where that is not what is installed, then compiles.
// Runs before `npm start` and `npm test`, with the word `bench` before `npm run bench`; has no dependencies. Everything it prints goes to standard error.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

function packagesOf(lockFile) {
  return existsSync(lockFile) ? JSON.parse(readFileSync(lockFile, 'utf8')).packages : undefined;
}

/** Whether each package of the lock file is installed in that version; optional ones belong to other platforms. */
function isInstalled() {
  const wanted = packagesOf(`${root}package-lock.json`) ?? {};
  const installed = packagesOf(`${root}node_modules/.package-lock.json`);
  if (installed === undefined) return false;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || optional === true || installed[path]?.version === version,
  );
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  });
  if (error !== undefined) console.error(`${command} did not start: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

if (!isInstalled()) run('npm', ['ci', '--no-audit', '--no-fund']);
const projects = ['tsconfig.build.json', ...(process.argv[2] === 'bench' ? ['tsconfig.bench.json'] : [])];
for (const project of projects)
  run(process.execPath, [`${root}node_modules/typescript/bin/tsc`, '-p', project]);
run(process.execPath, [`${root}node_modules/vite/bin/vite.js`, 'build', 'dashboard']);

import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const POSTGRESQL = '/usr/lib/postgresql';

/** Where Debian puts servers, which the PATH of an ordinary user does not name. */
const SERVER_FOLDERS = ['/usr/sbin', '/usr/local/sbin', '/sbin', ...postgresqlFolders()];

/** One folder per version that is installed; the newest first. */
function postgresqlFolders(): readonly string[] {
  const versions = existsSync(POSTGRESQL) ? readdirSync(POSTGRESQL) : [];
  return versions.sort((a, b) => Number(b) - Number(a)).map((version) => join(POSTGRESQL, version, 'bin'));
}

/** The full path of a program, or undefined where the machine has none of that name. */
export function findProgram(name: string): string | undefined {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...SERVER_FOLDERS];
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

/** The full path of a program that `has` found. */
export function programPath(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`${name} is not installed`);
  return path;
}

/** Whether the machine has these programs; where one is missing, one line names the Debian package to install. */
export function has(suite: string, programs: Readonly<Record<string, string>>): boolean {
  const missing = Object.entries(programs).filter(([program]) => findProgram(program) === undefined);
  const packages = [...new Set(missing.map(([, name]) => name))].join(' ');
  if (missing.length > 0) process.stderr.write(`${suite}: skipped; install the Debian package ${packages}\n`);
  return missing.length === 0;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

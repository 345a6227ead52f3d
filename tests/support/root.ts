import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** The project's folder, with a slash at its end: also for what runs compiled, in dist-bench/. */
export const ROOT = findRoot(dirname(fileURLToPath(import.meta.url)));

function findRoot(folder: string): URL {
  return existsSync(`${folder}/package.json`) ? pathToFileURL(`${folder}/`) : findRoot(dirname(folder));
}

// Writes the reference pages that are printed from tables. Needs dist/: `npm run docs` compiles first.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { referencePages } from '../dist/cli/reference/pages.js';

const root = fileURLToPath(new URL('..', import.meta.url));
for (const [path, text] of Object.entries(referencePages())) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  console.log(path);
}

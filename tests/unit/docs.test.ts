import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { referencePages } from '../../src/cli/reference/pages.js';

const root = new URL('../../', import.meta.url);

it.each(Object.entries(referencePages()))('%s is what `npm run docs` prints', (path, text) => {
  expect(readFileSync(new URL(path, root), 'utf8')).toBe(text);
});

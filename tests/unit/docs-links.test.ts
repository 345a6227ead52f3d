import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const NOT_OURS = new Set(['node_modules', 'dist', '.git']);

const pages = markdownFilesIn(ROOT).map((path) => relative(ROOT, path));

describe.each(pages)('%s', (page) => {
  const text = readFileSync(join(ROOT, page), 'utf8');

  it('links to files and headings that exist', () => {
    expect(linksOf(text).filter((link) => !leadsSomewhere(page, link))).toEqual([]);
  });

  it('names paths of the repository that exist', () => {
    expect(pathsIn(text).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  });
});

describe('a link', () => {
  it.each([
    'docs/no-such-page.md',
    'LICENSE/no-such-file',
    '#no-such-heading',
    'docs/neutron.md#no-such-heading',
  ])('to %s leads nowhere', (link) => {
    expect(leadsSomewhere('README.md', link)).toBe(false);
  });

  it('is found with its anchor, unless it leaves the repository', () => {
    const text = '[a](b.md#c), [d](#e) and [f](https://example.org/) and `[g](h.md)`';
    expect(linksOf(text)).toEqual(['b.md#c', '#e']);
  });
});

it('a path is found in code and in prose, without what surrounds it', () => {
  const text =
    'See `src/a/b.ts`, tests/unit/c.test.ts, docs/d.md. Not: node_modules/x/src/e.ts, docs/operating/*.md';
  expect(pathsIn(text)).toEqual(['src/a/b.ts', 'tests/unit/c.test.ts', 'docs/d.md']);
});

it.each([
  ['## What Nova is told', 'what-nova-is-told'],
  ['### `port-status config`: what, why?', 'port-status-config-what-why'],
])('the heading %s has the anchor %s', (heading, anchor) => {
  expect(anchorsOf(heading)).toEqual([anchor]);
});

function markdownFilesIn(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : markdownFilesIn(path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

/** Targets of the links that stay in the repository: a path, an anchor, or both. */
function linksOf(text: string): readonly string[] {
  const prose = text.replaceAll(/^```[^]*?^```/gm, '').replaceAll(/`[^`\n]*\]\([^`\n]*`/g, '');
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? join(ROOT, page) : join(ROOT, dirname(page), path);
  if (!existsSync(target)) return false;
  return anchor === undefined || anchorsOf(readFileSync(target, 'utf8')).includes(anchor);
}

/** As GitHub makes them: lower case, hyphens for spaces, nothing but letters, digits, hyphens and underscores. */
function anchorsOf(text: string): readonly string[] {
  const headings = text.replaceAll(/^```[^]*?^```/gm, '').matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Paths into `src/`, `tests/` and `docs/`; one with a pattern in it names no file. */
function pathsIn(text: string): readonly string[] {
  const paths = [...text.matchAll(/(?<![\w./-])(?:src|tests|docs)\/[\w./*-]*/g)].map(([path]) => path);
  return paths.filter((path) => !path.includes('*')).map((path) => path.replace(/[./]+$/, ''));
}

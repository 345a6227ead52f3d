import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Answer } from './json.js';

/** Where `npm run build` puts the page; the same from src/ and from dist/. */
const FOLDER = fileURLToPath(new URL('../../dist/dashboard/', import.meta.url));

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
};

/** The page comes from here alone, asks here alone, and stands in nobody's frame. */
const POLICY =
  "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

/** The page's files by their path, read once. None where it was not built. */
export function readDashboard(folder = FOLDER): ReadonlyMap<string, Answer> {
  if (!existsSync(folder)) return new Map();
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(
    (name) => extname(name) in TYPES,
  );
  return new Map(names.map((name) => [name === 'index.html' ? '/' : `/${name}`, toAnswer(folder, name)]));
}

function toAnswer(folder: string, name: string): Answer {
  const isPage = name === 'index.html';
  return {
    status: 200,
    contentType: TYPES[extname(name)] ?? '',
    body: readFileSync(`${folder}/${name}`, 'utf8'),
    headers: isPage
      ? { 'content-security-policy': POLICY, 'referrer-policy': 'no-referrer' }
      : { 'cache-control': 'max-age=31536000, immutable' }, // their names change with what is in them
  };
}

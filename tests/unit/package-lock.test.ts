import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('package-lock.json names versions and checksums, and no address to download from', () => {
  const text = readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8');
  const { packages } = JSON.parse(text) as {
    readonly packages: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  };
  const addressed = Object.entries(packages).filter(([, entry]) => 'resolved' in entry);
  expect(addressed.map(([name]) => name)).toEqual([]);
  expect(text).not.toMatch(/https?:\/\/[^"]*\.tgz/);
  const unchecked = Object.entries(packages).filter(
    ([name, entry]) => name !== '' && !('integrity' in entry),
  );
  expect(unchecked.map(([name]) => name)).toEqual([]);
});

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { openDatabase } from '../../../src/neutron/open.js';
import { hostOf } from '../../../src/neutron/sql/link.js';
import { systemClock } from '../../../src/runtime/clock.js';

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'port-status-open-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

function open(path: string): unknown {
  return openDatabase(`sqlite:${path}`, 'port_status', systemClock);
}

it('a mistyped path of a SQLite file is refused, and no file is made of it', () => {
  const folder = makeFolder();
  expect(() => open(join(folder, 'netron.db'))).toThrow(
    expect.objectContaining({
      code: 'CONFIG',
      message: expect.stringContaining('correct the path') as string,
    }),
  );
  expect(readdirSync(folder)).toEqual([]);
});

it('an empty file is refused, and left as it is', () => {
  const folder = makeFolder();
  writeFileSync(join(folder, 'neutron.db'), '');
  expect(() => open(join(folder, 'neutron.db'))).toThrow(/does not exist or is empty/);
  expect(readdirSync(folder)).toEqual(['neutron.db']);
});

it('what is no file is refused', () => {
  expect(() => open(makeFolder())).toThrow(expect.objectContaining({ code: 'CONFIG' }));
});

it.each([
  ['db.example', 'db.example'],
  ['192.0.2.1', '192.0.2.1'],
  ['[2001:db8::1]', '2001:db8::1'],
])('the host of a URL with %s is reached as %s', (written, host) => {
  expect(hostOf(new URL(`postgresql://user@${written}:5432/neutron`))).toBe(host);
});

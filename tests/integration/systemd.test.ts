import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { has, programPath } from '../support/needs.js';

const UNITS = fileURLToPath(new URL('../../deploy/systemd/', import.meta.url));

/** Units that every unit needs, and those that ours name; what they do is not looked at. */
const NEIGHBOURS = ['sysinit.target', 'basic.target', 'network-online.target'];

describe.skipIf(!has('systemd units', { 'systemd-analyze': 'systemd' }))('the systemd unit', () => {
  let root: string;
  let folder: string;

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'port-status-systemd-'));
    folder = join(root, 'etc/systemd/system');
    mkdirSync(folder, { recursive: true });
    mkdirSync(join(root, 'usr/bin'), { recursive: true });
    for (const name of NEIGHBOURS) writeFileSync(join(folder, name), `[Unit]\nDescription=${name}\n`);
    cpSync(UNITS, folder, { recursive: true });
    writeFileSync(join(root, 'usr/bin/port-status'), '#!/bin/sh\n');
    chmodSync(join(root, 'usr/bin/port-status'), 0o755);
  });

  afterEach(() => rmSync(root, { recursive: true }));

  /** What `systemd-analyze verify` says of a unit in that root; nothing where all is well. */
  function verify(unit: string): Promise<string> {
    return new Promise((resolve) => {
      const words = ['verify', '--man=no', `--root=${root}`, unit];
      execFile(programPath('systemd-analyze'), words, { env: {} }, (error, stdout, stderr) => {
        resolve(stdout + stderr + (error === null ? '' : `exit code ${error.code ?? '?'}`));
      });
    });
  }

  const units = readdirSync(UNITS).filter((name) => name.endsWith('.service'));

  it('is there for server and agent', () => {
    expect(units.sort()).toEqual(['port-status-agent.service', 'port-status-server.service']);
  });

  it.each(units)('%s is one that systemd understands to the last word', async (unit) => {
    expect(await verify(unit)).toBe('');
  });

  it.each(units)('%s starts a program that is there', async (unit) => {
    rmSync(join(root, 'usr/bin/port-status'));
    expect(await verify(unit)).toMatch(/port-status is not executable/);
  });
});

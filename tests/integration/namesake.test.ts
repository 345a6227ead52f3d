import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Opened } from '../../src/runtime/opened.js';
import { makeNeutronFile } from '../support/neutron-server.js';
import type { NeutronFile } from '../support/neutron-server.js';
import { startProgram } from '../support/process.js';
import type { Program } from '../support/process.js';

let opened: Opened;
let folder: string;
let neutron: NeutronFile;

beforeEach(async () => {
  opened = new Opened();
  folder = mkdtempSync(join(tmpdir(), 'port-status-namesake-'));
  opened.add({ close: async () => rmSync(folder, { recursive: true, force: true }) });
  neutron = await makeNeutronFile();
  opened.add({ close: async () => neutron.dispose() });
});
afterEach(() => opened[Symbol.asyncDispose]());

async function startServer(id: string): Promise<Program> {
  const server = startProgram(['server', `--listener-id=${id}`], {
    environment: {
      PORT_STATUS_NORTHBOUND_URL: `sqlite:${join(folder, 'northbound.db')}`,
      PORT_STATUS_NEUTRON_URL: neutron.url,
      PORT_STATUS_NEUTRON_DRIVERS: 'openvswitch',
      PORT_STATUS_HTTP_LISTEN: '127.0.0.1:0',
    },
  });
  opened.add({ close: () => server.stop() });
  await server.logged('listener.joined');
  return server;
}

it('a server that takes over from one of its name says so, and the other ends', async () => {
  const first = await startServer('s1');
  const second = await startServer('s1');
  expect(await second.logged('listener.namesake')).toMatchObject({ id: 's1' });
  const { exitCode, stderr } = await first.ended;
  expect(exitCode).toBe(78);
  expect(stderr).toContain('give each server a listener.id of its own');
});

it('a server that starts beside others, or after it was stopped in order, warns of nobody', async () => {
  const first = await startServer('s1');
  const other = await startServer('s2');
  await first.stop();
  const again = await startServer('s1');
  for (const server of [first, other, again]) expect(server.count('listener.namesake')).toBe(0);
});

import { expect, it } from 'vitest';
import { runProgram } from '../support/process.js';

it('the program prints the version of its package', async () => {
  const { exitCode, stdout } = await runProgram(['--version']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

it('the program reads its environment and prints only the answer on standard output', async () => {
  const { exitCode, stdout, stderr } = await runProgram(['config', '--for', 'migrate', '--json'], {
    environment: { PORT_STATUS_NEUTRON_URL: 'sqlite:/neutron.db' },
  });
  expect([exitCode, stderr]).toEqual([0, '']);
  expect(JSON.parse(stdout)).toMatchObject({
    'neutron.url': { value: 'sqlite:/neutron.db', source: 'environment PORT_STATUS_NEUTRON_URL' },
  });
});

it('the program ends with 78 and one line where its configuration is wrong', async () => {
  const { exitCode, stdout, stderr } = await runProgram(['migrate']);
  expect([exitCode, stdout]).toEqual([78, '']);
  expect(stderr).toMatch(/^port-status: neutron\.url is missing: .+\n$/);
});

it('a log that can not be written, because its disk is full, changes nothing of what the program does', async () => {
  const { exitCode } = await runProgram(['migrate', '--startup-timeout-ms=300'], {
    environment: { PORT_STATUS_NEUTRON_URL: 'mysql://port_status@127.0.0.1:1/neutron' },
    prefix: ['sh', '-c', 'exec "$0" "$@" 2>/dev/full'],
  });
  expect(exitCode).toBe(69);
});

it('a password that is not percent-encoded is explained, and not repeated', async () => {
  const { exitCode, stderr } = await runProgram(['migrate'], {
    environment: { PORT_STATUS_NEUTRON_URL: 'mysql://port_status:100%secret@127.0.0.1:1/neutron' },
  });
  expect(exitCode).toBe(78);
  expect(stderr).toMatch(/^port-status: neutron\.url .*%25.*\n$/);
  expect(stderr).not.toContain('secret');
});

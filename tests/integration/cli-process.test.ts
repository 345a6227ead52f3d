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

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const PROGRAM = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

interface Ended {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the program with nothing in its environment but `environment`. */
function runProgram(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [PROGRAM, ...words], { env: { ...environment } });
    const written = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => (written[name] += chunk));
    }
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, ...written }));
  });
}

it('the program prints the version of its package', async () => {
  const { exitCode, stdout } = await runProgram(['--version']);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

it('the program reads its environment and prints only the answer on standard output', async () => {
  const { exitCode, stdout, stderr } = await runProgram(['config', '--for', 'migrate', '--json'], {
    PORT_STATUS_NEUTRON_URL: 'sqlite:/neutron.db',
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

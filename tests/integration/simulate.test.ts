import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { runProgram } from '../support/process.js';

const STORY = { seed: 7, steps: 3, kept: [0], story: ['  1. something else'] };

it('prints the same for the same seeds, however many are played at the same time', async () => {
  const play = (jobs: string): ReturnType<typeof runProgram> =>
    runProgram(['simulate', '--seeds', '1..6', '--steps', '60', '--jobs', jobs, '--json', '--reproducible']);
  const [alone, together] = [await play('1'), await play('3')];
  expect(JSON.parse(alone.stdout)).toMatchObject({ histories: 6, steps: 60, violations: [] });
  expect(alone.stdout).not.toContain('historiesPerSecond');
  expect(together.stdout).toBe(alone.stdout);
  expect([alone.exitCode, together.exitCode]).toEqual([0, 0]);
});

it('says how fast it went', async () => {
  const { stdout } = await runProgram(['simulate', '--seeds', '9', '--steps', '5', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    histories: 1,
    historiesPerSecond: expect.any(Number) as number,
  });
});

it('refuses seeds and files of which no history can be made, and writes nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'port-status-simulate-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'other.json'), '{}');
  writeFileSync(join(folder, 'old.json'), JSON.stringify(STORY));
  const refuse = async (...words: readonly string[]): Promise<string> => {
    const { exitCode, stderr } = await runProgram(['simulate', '--keep', folder, ...words]);
    expect(exitCode).toBe(78);
    return stderr;
  };
  expect(await refuse('--seeds', '5..2')).toMatch(/write the lower seed first/);
  expect(await refuse('--seeds', '1..9999999999')).toMatch(/none above 4294967295/);
  expect(await refuse('--replay', join(folder, 'none.json'))).toMatch(/can not be read/);
  expect(await refuse('--replay', join(folder, 'other.json'))).toMatch(/is not a history/);
  expect(await refuse('--replay', join(folder, 'old.json'))).toMatch(/play it with the version that wrote/);
  expect(readdirSync(folder).sort()).toEqual(['old.json', 'other.json']);
  expect(JSON.parse(readFileSync(join(folder, 'old.json'), 'utf8'))).toEqual(STORY);
});

import { describe, expect, it } from 'vitest';
import type { CommandDefinition } from '../../../src/cli/command.js';
import { configuredCommand } from '../../../src/cli/configured-command.js';
import type { CommandContext } from '../../../src/cli/configured-command.js';
import { runCommandLine } from '../../../src/cli/run.js';
import { PortStatusError } from '../../../src/domain/errors.js';
import { testWorld } from './io.js';
import type { Ran } from './io.js';

type Body = (context: CommandContext<'demo'>) => Promise<number>;

function demo(body: Body, runsUntilStopped = false): CommandDefinition {
  return configuredCommand({
    name: 'demo',
    summary: 'a test',
    doc: 'A test.',
    examples: ['demo'],
    exitCodes: { 0: 'done' },
    runsUntilStopped,
    arguments: {},
    flags: {},
    run: body,
  });
}

async function outcomeOf(command: CommandDefinition, signal = new AbortController().signal): Promise<Ran> {
  const { world, written } = testWorld({ signal });
  const exitCode = await runCommandLine([command], ['demo'], world);
  return { exitCode, ...written };
}

describe('a command that ends', () => {
  it.each([0, 1])('with %d gives that exit code', async (exitCode) => {
    expect((await outcomeOf(demo(async () => exitCode))).exitCode).toBe(exitCode);
  });

  it('with a foreseen failure prints its line and gives the exit code of its kind', async () => {
    const failing = demo(() => Promise.reject(new PortStatusError('UNAVAILABLE', 'no answer; start it')));
    expect(await outcomeOf(failing)).toEqual({
      exitCode: 69,
      stdout: '',
      stderr: 'port-status: no answer; start it\n',
    });
  });

  it('with a failure that nobody foresaw prints its stack and gives 70', async () => {
    const { exitCode, stderr } = await outcomeOf(
      demo(() => Promise.reject(new TypeError('x is not a function'))),
    );
    expect(exitCode).toBe(70);
    expect(stderr).toMatch(/TypeError: x is not a function\n {4}at /);
  });

  it('because it was stopped gives 0 where it runs until then, and 130 where its answer is missing', async () => {
    const stopped = AbortSignal.abort(new Error('stopped'));
    const body: Body = async ({ io }) => {
      io.signal.throwIfAborted();
      return 0;
    };
    expect(await outcomeOf(demo(body, true), stopped)).toEqual({ exitCode: 0, stdout: '', stderr: '' });
    expect(await outcomeOf(demo(body), stopped)).toEqual({ exitCode: 130, stdout: '', stderr: '' });
  });

  it('logs JSON on standard error and answers on standard output', async () => {
    const { stdout, stderr } = await outcomeOf(
      demo(async ({ logger, io, config }) => {
        logger.info({ event: 'test.ran' }, 'ran');
        io.stdout.write(config.log.level);
        return 0;
      }),
    );
    expect(stdout).toBe('info');
    expect(JSON.parse(stderr)).toMatchObject({ event: 'test.ran', msg: 'ran' });
  });
});

import { describe, expect, it } from 'vitest';
import type { CommandDefinition } from '../../../src/cli/command.js';
import { parseCommandLine } from '../../../src/cli/command-line.js';
import { COMMANDS } from '../../../src/cli/commands/commands.js';
import { runIn, testWorld } from './io.js';

describe('the command line', () => {
  it('prints its version', async () => {
    expect(await runIn('--version')).toEqual({ exitCode: 0, stdout: '1.2.3\n', stderr: '' });
  });

  it('prints the commands as help', async () => {
    const { exitCode, stdout } = await runIn('--help');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('take part in writing port statuses to Neutron');
  });

  it('prints the help of a command with the limits and defaults of its options', async () => {
    const { exitCode, stdout } = await runIn('server --help');
    expect(exitCode).toBe(0);
    expect(stdout.replace(/\s+/g, ' ')).toContain("northbound database's clock (1000–60000; default 3000)");
    expect(stdout).not.toContain('--switch-ready');
  });

  it('answers the lack of a command with help on standard error and exit code 78', async () => {
    const { exitCode, stdout, stderr } = await runIn('');
    expect([exitCode, stdout]).toEqual([78, '']);
    expect(stderr).toContain('Usage: port-status');
  });

  it.each([
    ['serve', "port-status: unknown command 'serve' (Did you mean server?); see port-status --help\n"],
    [
      'server --listener-tttl-ms 1',
      "port-status: unknown option '--listener-tttl-ms' (Did you mean --listener-ttl-ms?); see port-status server --help\n",
    ],
    ['approve', "port-status: missing required argument 'chassis'; see port-status approve --help\n"],
    [
      'completion tcsh',
      "port-status: command-argument value 'tcsh' is invalid for argument 'shell'. Allowed choices are bash, zsh, fish; see port-status completion --help\n",
    ],
    [
      'quarantine rety',
      "port-status: unknown command 'rety' (Did you mean retry?); see port-status quarantine --help\n",
    ],
    [
      'quarantine drop --yess x',
      "port-status: unknown option '--yess' (Did you mean --yes?); see port-status quarantine drop --help\n",
    ],
    ['demo --rate fast', 'port-status: --rate must be a whole number from 1 to 1000, got "fast"\n'],
    [
      'server --config /gone.toml',
      'port-status: the configuration file cannot be read: no such file, /gone.toml (from --config); correct the path or its permissions\n',
    ],
  ])('refuses %j with exit code 78 and one line', async (line, stderr) => {
    expect(await runIn(line)).toEqual({ exitCode: 78, stdout: '', stderr });
  });

  it('answers a group of commands without one of them with its help on standard error and exit code 78', async () => {
    const { exitCode, stdout, stderr } = await runIn('quarantine');
    expect([exitCode, stdout]).toEqual([78, '']);
    expect(stderr).toContain('Usage: port-status quarantine');
  });

  it('prefixes every line of several mistakes', async () => {
    const { exitCode, stderr } = await runIn('agent');
    expect(exitCode).toBe(78);
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringMatching(/^port-status: northbound\.url is missing/),
      expect.stringMatching(/^port-status: switch\.ready is missing/),
    ]);
  });
});

/** Every command with the words that name it. */
const NAMED: readonly (readonly [string, CommandDefinition])[] = COMMANDS.flatMap((one) =>
  'commands' in one
    ? one.commands.map((command) => [`${one.name} ${command.name}`, command] as const)
    : [[one.name, one] as const],
);

describe.each(NAMED)('the help of port-status %s', (name, command) => {
  it('shows examples and what the exit codes mean', async () => {
    const { exitCode, stdout } = await runIn(`${name} --help`);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`\nExamples:\n  port-status ${name}`);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(` Exit codes: 0 ${command.exitCodes[0]}`);
  });

  it('has examples that the command line understands', () => {
    const files = { '/etc/port-status/port-status.toml': '' };
    const { world } = testWorld({ files });
    for (const example of command.examples) {
      const [words = ''] = example.split(/ [|>]+ /);
      const call = parseCommandLine(COMMANDS, words.split(' '), world);
      expect(call).toMatchObject({ kind: 'command', command: { summary: command.summary } });
    }
  });
});

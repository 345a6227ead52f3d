import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { COMMANDS } from '../../../src/cli/commands/commands.js';
import { buildProgram } from '../../../src/cli/program.js';
import { has, programPath } from '../../support/needs.js';
import { runIn } from '../../unit/cli/io.js';

let folder: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'port-status-completion-'));
  mkdirSync(join(folder, 'conf-dir'));
  writeFileSync(join(folder, 'conf file.toml'), '');
  for (const [shell, file] of [
    ['bash', 'port-status.bash'],
    ['zsh', '_port-status'],
    ['fish', 'port-status.fish'],
  ] as const) {
    const { exitCode, stdout } = await runIn(`completion ${shell}`);
    expect(exitCode).toBe(0);
    writeFileSync(join(folder, file), stdout);
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What is offered behind some words; the last may be empty or begun. */
type Complete = (...words: readonly string[]) => readonly string[];

/** What a shell has to offer, whichever it is; each sorted. */
function offers(complete: Complete): void {
  it('offers commands, and the commands of a group', () => {
    expect(complete('qu')).toEqual(['quarantine']);
    expect(complete('quarantine', '')).toEqual(['drop', 'list', 'retry', 'show']);
    expect(complete('quarantine', 're')).toEqual(['retry']);
    expect(complete('completion', '')).toEqual(['bash', 'fish', 'zsh']);
  });

  it('offers the flags of the command, wherever they stand', () => {
    expect(complete('quarantine', 'retry', '--a')).toEqual(['--all']);
    expect(complete('stuck', '--json', '--wa')).toEqual(['--watch']);
    expect(complete('listeners', '--northbound-url', 'server', '--js')).toEqual(['--json']);
    expect(complete('listeners', '--all')).toEqual([]);
    expect(complete('--v')).toEqual(['--version']);
  });

  it('offers what a flag takes: words, files, or nothing', () => {
    expect(complete('config', '--for', 'li')).toEqual(['listeners']);
    expect(complete('listeners', '--config', 'conf')).toEqual(['conf file.toml', 'conf-dir']);
    expect(complete('listeners', '--northbound-ca-file', 'conf-')).toEqual(['conf-dir']);
    expect(complete('listeners', '--northbound-namespace', 'conf')).toEqual([]);
  });
}

function lines(text: string): readonly string[] {
  return text.split('\n').filter(Boolean).sort();
}

describe.skipIf(!has('completion', { bash: 'bash', script: 'bsdutils' }))('bash', () => {
  const ask = `source port-status.bash; COMP_WORDS=(port-status "$@"); COMP_CWORD=$#; _port_status; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const complete: Complete = (...words) => lines(run('bash', '--norc', '-c', ask, 'bash', ...words).stdout);

  offers(complete);

  it('offers what stands behind the = of a flag', () => {
    expect(complete('config', '--for', '=', 'li')).toEqual(['listeners']);
    expect(complete('config', '--for', '=')).toContain('server');
    expect(complete('server', '--apply-mode', '=', 'wr')).toEqual(['write']);
  });

  it('offers every flag of every command, and no other', () => {
    const nowhere = { version: '', stdout: { write: () => '' }, stderr: { write: () => '' } };
    const program = buildProgram(COMMANDS, nowhere, () => undefined);
    const expected = Object.fromEntries(
      leavesOf(program, []).map(([words, command]) => [
        words.join(' '),
        [...command.options.map(({ long }) => String(long)), '--help'].sort(),
      ]),
    );
    const offered = Object.keys(expected).map((words) => [words, complete(...words.split(' '), '--')]);
    expect(Object.fromEntries(offered)).toEqual(expected);
  });

  it('completes what a person types', async () => {
    const terminal = openTerminal('bash --norc --noprofile -i', { PS1: 'ready> ' });
    await terminal.shows('ready> ');
    terminal.type(`source port-status.bash; port-status() { echo "heard: $*"; }; echo so''urced\n`);
    await terminal.shows('sourced');
    terminal.type('port-status quar\tre\t--al\t\n');
    await terminal.shows('heard: quarantine retry --all');
    terminal.type('port-status listeners --config conf\\ \t\n');
    await terminal.shows('heard: listeners --config conf file.toml');
  });
});

describe.skipIf(!has('completion', { fish: 'fish' }))('fish', () => {
  offers((...words) => {
    const asked = `port-status ${words.join(' ')}`;
    const { stdout } = run('fish', '-N', '-c', 'source port-status.fish; complete -C $argv[1]', asked);
    const found = lines(stdout).map((line) => line.split('\t')[0] ?? '');
    return found.map((word) => word.replaceAll('\\ ', ' ').replace(/\/$/, ''));
  });
});

describe.skipIf(!has('completion', { zsh: 'zsh', script: 'bsdutils' }))('zsh', () => {
  it('completes what a person types', async () => {
    const terminal = openTerminal('zsh -f -i', { PS1: 'ready> ' });
    await terminal.shows('ready> ');
    terminal.type(
      `fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; port-status() { echo "heard: $*" }; echo so''urced\n`,
    );
    await terminal.shows('sourced');
    terminal.type('port-status quar\tre\t--al\t\n');
    await terminal.shows('heard: quarantine retry --all');
    terminal.type('port-status config --for=liste\t--js\t\n');
    await terminal.shows('heard: config --for=listeners --json');
    terminal.type('port-status listeners --config conf-d\t\n');
    await terminal.shows('heard: listeners --config conf-dir\r\n');
    terminal.type('port-status approve --northbound-namespace conf\t\n');
    await terminal.shows('heard: approve --northbound-namespace conf\r\n');
  });
});

/** Commands that are no groups, with the words that name them. */
function leavesOf(
  command: Command,
  words: readonly string[],
): readonly (readonly [readonly string[], Command])[] {
  if (command.commands.length === 0) return [[words, command]];
  return command.commands.flatMap((one) => leavesOf(one, [...words, one.name()]));
}

function run(program: string, ...args: readonly string[]): { readonly stdout: string } {
  const stdout = execFileSync(programPath(program), args, { cwd: folder, encoding: 'utf8' });
  return { stdout };
}

/** A shell that believes that a person sits there. */
function openTerminal(
  command: string,
  environment: Readonly<Record<string, string>>,
): { readonly type: (keys: string) => void; readonly shows: (text: string) => Promise<void> } {
  const { PATH } = process.env;
  const child = spawn('script', ['--quiet', '--command', `exec ${command}`, '/dev/null'], {
    cwd: folder,
    env: { PATH, HOME: folder, TERM: 'dumb', ...environment },
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await once(child, 'close');
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more));
  return {
    type: (keys) => void child.stdin.write(keys),
    shows: async (wanted) => {
      while (!text.includes(wanted)) await once(child.stdout, 'data');
    },
  };
}

import type { Command } from 'commander';
import { COMMANDS } from '../commands/commands.js';
import { buildProgram } from '../program.js';
import { exitCodeTable } from './errors-page.js';
import { block, page } from './markdown.js';

export function cliPage(): string {
  const nowhere = { write: () => undefined };
  const program = buildProgram(COMMANDS, { version: '', stdout: nowhere, stderr: nowhere }, () => undefined);
  return page('Commands', 'src/cli/commands and src/config/options.ts', [
    block('text', program.helpInformation()),
    'Every option may also stand in a file or in the environment: see [configuration.md](configuration.md). The package has the same as a man page, and `port-status completion` prints a script with which a shell completes command lines.',
    '## Exit codes',
    'They mean the same for every command; what 0 and 1 say of its answer stands at the end of its help. Of failures see also [errors.md](errors.md).',
    exitCodeTable(),
    'Tables have colours in a terminal alone, and none where `NO_COLOR` is set and not empty. `--json` prints nothing but JSON on standard output; what is logged, and why something failed, goes to standard error.',
    ...program.commands.flatMap((command) => sectionsOf(command, program.name())),
  ]);
}

function sectionsOf(command: Command, parent: string): readonly string[] {
  const name = `${parent} ${command.name()}`;
  return [
    `## ${name}`,
    block('text', command.helpInformation()),
    ...command.commands.flatMap((one) => sectionsOf(one, name)),
  ];
}

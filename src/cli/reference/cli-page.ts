import type { Command } from 'commander';
import { COMMANDS } from '../commands/commands.js';
import { buildProgram } from '../program.js';
import { block, page } from './markdown.js';

export function cliPage(): string {
  const nowhere = { write: () => undefined };
  const program = buildProgram(COMMANDS, { version: '', stdout: nowhere, stderr: nowhere }, () => undefined);
  return page('Commands', 'src/cli/commands and src/config/options.ts', [
    block('text', program.helpInformation()),
    'Every option may also stand in a file or in the environment: see [configuration.md](configuration.md). Exit codes: see [errors.md](errors.md).',
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

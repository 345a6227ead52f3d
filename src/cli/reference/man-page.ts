import { CONFIG_PATH_NAME } from '../../config/layers.js';
import { ENVIRONMENT_PREFIX, flagOf } from '../../config/option.js';
import type { Option } from '../../config/option.js';
import { OPTION_ROWS } from '../../config/options.js';
import type { Arguments, CommandDefinition, CommandGroup, Flag } from '../command.js';
import { COMMANDS } from '../commands/commands.js';
import { DEFAULT_CONFIG_PATH } from '../config-file.js';
import { EXIT_CODES } from '../exit-codes.js';
import { describeFlag, describeOption, placeholderOf } from '../option-help.js';
import { argumentWord, flagWord, SUMMARY } from '../program.js';
import { bold, inline, italic, item, paragraph, section, subsection, typed } from './roff.js';

/** The page for man(1): each command with its own flags, and the options of the configuration once. */
export function manPage(): string {
  return [
    '.\\" Printed from src/cli/commands and src/config/options.ts by "npm run docs": change it there.\n',
    '.TH PORT\\-STATUS 1 "" "Port Status Sync"\n',
    // Ragged lines, and no hyphens but those that are meant.
    '.ad l\n.nh\n',
    section('NAME', `${inline('port-status')} \\- ${inline(lowerFirst(SUMMARY))}\n`),
    section(
      'SYNOPSIS',
      `${bold('port-status')} ${italic('command')} [${italic('argument')} ...] [${italic('flag')} ...]\n`,
    ),
    section('COMMANDS', ...COMMANDS.map((one) => commandPart('port-status', one))),
    section('OPTIONS', paragraph(inline(ABOUT_OPTIONS)), CONFIG_OPTION, ...OPTION_ROWS.map(optionItem)),
    section('ENVIRONMENT', ...ENVIRONMENT),
    section('FILES', item(bold(DEFAULT_CONFIG_PATH), inline('The configuration, unless another is named.'))),
    section(
      'EXIT STATUS',
      ...EXIT_CODES.map(({ code, meaning }) => item(bold(String(code)), inline(meaning))),
    ),
    section('SEE ALSO', `${bold('ovs-vsctl')}(8), ${bold('openstack')}(1)\n`),
  ].join('');
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

function commandPart(parent: string, one: CommandDefinition | CommandGroup): string {
  const name = `${parent} ${one.name}`;
  if ('commands' in one) {
    return (
      subsection(bold(name), paragraph(inline(one.doc))) +
      one.commands.map((command) => commandPart(name, command)).join('')
    );
  }
  const flags = Object.entries(one.flags).map(([key, flag]) => flagItem(key, flag));
  return subsection(
    [bold(name), ...argumentWords(one.arguments)].join(' '),
    paragraph(inline(one.doc)),
    ...argumentItems(one.arguments),
    ...flags,
    typed(one.examples.map((line) => `port-status ${line}`)),
    paragraph(inline(exitSentence(one))),
  );
}

function exitSentence({ exitCodes }: CommandDefinition): string {
  const parts = Object.entries(exitCodes).map(([code, meaning]) => `${code}: ${String(meaning)}`);
  return `Exit code ${parts.join('; ')}.`;
}

function argumentWords(named: Arguments): readonly string[] {
  return Object.entries(named).map(([name, argument]) => italic(argumentWord(name, argument)));
}

function argumentItems(named: Arguments): readonly string[] {
  return Object.entries(named).map(([name, argument]) =>
    item(
      italic(argumentWord(name, argument)),
      inline(typeof argument === 'string' ? argument : argument.doc),
    ),
  );
}

function flagItem(key: string, flag: Flag): string {
  return item(bold(flagOf(key)) + italic(flagWord(flag)), `${inline(describeFlag(flag))}.`);
}

const ABOUT_OPTIONS =
  'Each command takes those that name it. They may also stand in a TOML file or in the environment, and then serve all commands; `port-status config` prints each and where it comes from.';

const CONFIG_OPTION = item(
  `${bold('--config')} ${italic('<path>')}`,
  inline(`The configuration file, of every command. Without it, the one that \`${CONFIG_PATH_NAME}\` names.`),
);

function optionItem([key, option]: readonly [string, Option]): string {
  const commands = option.commands.join(', ');
  return item(
    bold(flagOf(key)) + italic(placeholderOf(option)),
    `${inline(describeOption(option))}. ${inline(`Of ${commands}.`)}`,
  );
}

const ENVIRONMENT = [
  item(bold(CONFIG_PATH_NAME), inline('Names the configuration file.')),
  item(
    bold(`${ENVIRONMENT_PREFIX}...`),
    inline(
      'Every option, in capitals and with underscores: `PORT_STATUS_NORTHBOUND_URL` is `--northbound-url`.',
    ),
  ),
  item(bold('NO_COLOR'), inline('Where it is set and not empty, a terminal gets no colours, either.')),
];

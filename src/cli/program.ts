import { Argument, Command, Help, Option as CommandOption } from 'commander';
import { flagOf } from '../config/option.js';
import { keysOf } from '../config/options.js';
import type { Shape } from '../config/shape.js';
import type { Arguments, CommandDefinition, CommandGroup, Flag } from './command.js';
import { describeFileOption, describeFlag, describeOption, placeholderOf } from './option-help.js';
import type { World } from './world.js';

/** A command line that was understood word by word, but whose values nobody has looked at. */
export interface Spoken {
  readonly command: CommandDefinition;
  /** By option key or flag name. */
  readonly texts: ReadonlyMap<string, string>;
  readonly positional: readonly string[];
  readonly configPath: string | undefined;
}

/** What the program does, in a sentence. */
export const SUMMARY = "Carries a port's status from the compute node to Neutron and on to Nova.";

/** Columns of the help, whatever the terminal: docs/operating/cli.md prints the same. */
const HELP_WIDTH = 100;

/** The command line, as the commander library reads it; `hear` is told what was said. */
export function buildProgram(
  definitions: readonly (CommandDefinition | CommandGroup)[],
  { version, stdout, stderr }: Pick<World, 'version' | 'stdout' | 'stderr'>,
  hear: (spoken: Spoken) => void,
): Command {
  const program = new Command('port-status')
    .description(SUMMARY)
    .version(version, '--version', 'print the version')
    .helpOption('--help', 'print this help')
    .helpCommand(false)
    .configureHelp({ helpWidth: HELP_WIDTH })
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      // Errors come back as exceptions; what is written here is the help of a line that names no command.
      writeErr: (text) => void stderr.write(text),
      outputError: () => undefined,
    })
    .exitOverride();
  addAll(program, definitions, hear);
  return program;
}

function addAll(
  parent: Command,
  definitions: readonly (CommandDefinition | CommandGroup)[],
  hear: (spoken: Spoken) => void,
): void {
  for (const one of definitions) {
    if ('commands' in one) {
      const group = parent.command(one.name).summary(one.summary).description(one.doc).helpCommand(false);
      addAll(group, one.commands, hear);
    } else addCommand(parent, one, hear);
  }
}

function addCommand(parent: Command, definition: CommandDefinition, hear: (spoken: Spoken) => void): void {
  const command = parent
    .command(definition.name)
    .summary(definition.summary)
    .description(definition.doc)
    .configureHelp({
      helpWidth: HELP_WIDTH,
      formatHelp: (of, help) => formatHelp(of, help) + examplesOf(definition) + exitCodesOf(definition, help),
    });
  for (const [name, argument] of Object.entries(definition.arguments)) {
    const doc = typeof argument === 'string' ? argument : argument.doc;
    const added = new Argument(argumentWord(name, argument), doc);
    if (typeof argument === 'object' && 'values' in argument) added.choices(argument.values);
    command.addArgument(added);
  }
  const keys = [...addFlags(command, definition), ...addOptions(command, definition)];
  command.option('--config <path>', 'the configuration file (else PORT_STATUS_CONFIG names it)');
  command.action(() => {
    const said: Readonly<Record<string, string | true | undefined>> = command.opts();
    const configPath = said['config'];
    hear({
      command: definition,
      texts: new Map(
        keys.flatMap(([attribute, key]) => {
          const text = said[attribute];
          return text === undefined ? [] : [[key, String(text)]];
        }),
      ),
      positional: command.args,
      configPath: configPath === undefined ? undefined : String(configPath),
    });
  });
}

/** How a help names an argument: `<port>`, `[id...]`. */
export function argumentWord(name: string, argument: Arguments[string]): string {
  if (typeof argument === 'string' || 'values' in argument) return `<${name}>`;
  return argument.least === 0 ? `[${name}...]` : `<${name}...>`;
}

/** Commander's own layout of a help. */
const formatHelp: Help['formatHelp'] = (command, help) => Help.prototype.formatHelp.call(help, command, help);

function examplesOf({ examples }: CommandDefinition): string {
  return `\nExamples:\n${examples.map((line) => `  port-status ${line}\n`).join('')}`;
}

/** Those that the command alone gives a meaning; the others are in docs/operating/errors.md. */
function exitCodesOf({ exitCodes }: CommandDefinition, help: Help): string {
  const lines = Object.entries(exitCodes).map(
    ([code, meaning]) => `${help.formatItem(code, CODE_WIDTH, String(meaning), help)}\n`,
  );
  return `\nExit codes:\n${lines.join('')}`;
}

const CODE_WIDTH = 2;

/** Commander's name of a flag and ours. */
type Named = readonly [attribute: string, key: string];

/** A boolean among them takes no word: the argument behind it is the command's. */
function addFlags(command: Command, { flags }: CommandDefinition): readonly Named[] {
  return Object.entries(flags).map(([name, flag]) => {
    const option = new CommandOption(flagOf(name) + flagWord(flag), describeFlag(flag));
    if (flag.preset !== undefined) option.preset(String(flag.preset));
    command.addOption(option);
    return [option.attributeName(), name];
  });
}

/** What follows a flag in its help, behind a blank: nothing, ` <duration>`, or ` [number]` where that may be left out. */
export function flagWord(flag: Flag): string {
  if (flag.kind === 'boolean') return '';
  const word = placeholderOf(flag);
  return flag.preset === undefined ? word : word.replace('<', '[').replace('>', ']');
}

function addOptions(command: Command, { options, hidesOptions }: CommandDefinition): readonly Named[] {
  return options.flatMap((row) => {
    const [key, option] = row;
    return keysOf(row).map((other) => {
      const isFile = other !== key;
      const doc = isFile ? describeFileOption(key) : describeOption(option);
      return add(command, other, isFile ? { kind: 'string' } : option, doc, hidesOptions);
    });
  });
}

function add(command: Command, key: string, shape: Shape, doc: string, isHidden = false): Named {
  const option = new CommandOption(`${flagOf(key)}${placeholderOf(shape)}`, doc);
  if (isHidden) option.hideHelp();
  // A boolean without a word is true; a list that is named again grows.
  if (shape.kind === 'boolean') option.preset('true');
  if (shape.kind === 'list') {
    option.argParser((text: string, before?: string) => (before === undefined ? text : `${before},${text}`));
  }
  command.addOption(option);
  return [option.attributeName(), key];
}

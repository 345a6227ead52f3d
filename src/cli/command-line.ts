import { Command, CommanderError } from 'commander';
import { fromText, toValue, describeShape } from '../config/shape.js';
import { flagOf } from '../config/option.js';
import { ERRORS, PortStatusError } from '../domain/errors.js';
import type { Arguments, CommandDefinition, CommandGroup, Flags, Invocation } from './command.js';
import { findConfigFile } from './config-file.js';
import { buildProgram } from './program.js';
import type { Spoken } from './program.js';
import type { World } from './world.js';

/** What a command line asks for; `answered`: it was help or the version, and is done. */
export type Call =
  | { readonly kind: 'answered'; readonly exitCode: number }
  | { readonly kind: 'command'; readonly command: CommandDefinition; readonly invocation: Invocation };

/** @throws {PortStatusError} CONFIG where the command line is wrong; the message suggests what may have been meant. */
export function parseCommandLine(
  commands: readonly (CommandDefinition | CommandGroup)[],
  argv: readonly string[],
  world: World,
): Call {
  const heard: Spoken[] = [];
  const program = buildProgram(commands, world, (one) => heard.push(one));
  try {
    program.parse(argv, { from: 'user' });
  } catch (error) {
    return answerOf(error, program, argv);
  }
  const [spoken] = heard;
  if (spoken === undefined) throw new PortStatusError('BUG', 'the command line named no command');
  return { kind: 'command', command: spoken.command, invocation: invocationOf(spoken, world) };
}

/** Commander throws also where all is well: after help and version. */
function answerOf(error: unknown, program: Command, argv: readonly string[]): Call {
  if (!(error instanceof CommanderError)) throw error;
  if (error.exitCode === 0) return { kind: 'answered', exitCode: 0 };
  if (error.code === 'commander.help') return { kind: 'answered', exitCode: ERRORS.CONFIG.exitCode };
  const complaint = error.message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\.$/, '');
  throw new PortStatusError('CONFIG', `${complaint}; see ${nameOf(program, argv)} --help`);
}

/** The command that these words begin with, as far as there is one: `port-status quarantine retry`. */
function nameOf(command: Command, [word, ...rest]: readonly string[]): string {
  const next = command.commands.find((one) => one.name() === word);
  return next === undefined ? command.name() : `${command.name()} ${nameOf(next, rest)}`;
}

function invocationOf({ command, texts, positional, configPath }: Spoken, world: World): Invocation {
  const { environment, hostName } = world;
  const optionTexts = [...texts].filter(([key]) => !(key in command.flags));
  return {
    arguments: argumentValues(command.arguments, positional),
    flags: flagValues(command.flags, texts),
    sources: {
      flags: new Map(optionTexts),
      environment,
      hostName,
      file: findConfigFile(configPath, world),
      readFile: (path) => world.readFile(path),
    },
  };
}

function argumentValues(named: Arguments, positional: readonly string[]): Invocation['arguments'] {
  return Object.fromEntries(
    Object.entries(named).map(([name, argument], index) => [
      name,
      typeof argument === 'object' && 'least' in argument
        ? positional.slice(index)
        : (positional[index] ?? ''),
    ]),
  );
}

function flagValues(flags: Flags, texts: ReadonlyMap<string, string>): Invocation['flags'] {
  return Object.fromEntries(
    Object.entries(flags).map(([name, flag]) => {
      const text = texts.get(name);
      if (text === undefined) return [name, flag.default];
      const value = toValue(flag, fromText(flag, text));
      if (value !== undefined) return [name, value];
      const wanted = `${flagOf(name)} must be ${describeShape(flag)}, got ${JSON.stringify(text)}`;
      throw new PortStatusError('CONFIG', wanted);
    }),
  );
}

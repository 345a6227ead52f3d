import { flagOf } from '../../config/option.js';
import { keysOf } from '../../config/options.js';
import type { Shape } from '../../config/shape.js';
import type { CommandDefinition, CommandGroup, Flag } from '../command.js';
import { describeFileOption, firstSentence } from '../option-help.js';

/** What a shell may complete behind some words. */
export interface Completion {
  /** The words that name the command, each behind a blank: ` quarantine retry`; empty for the program alone. */
  readonly path: string;
  /** Commands, or what its argument may be. */
  readonly words: readonly Named[];
  readonly flags: readonly CompletedFlag[];
}

export interface Named {
  readonly name: string;
  /** A sentence without its full stop. */
  readonly doc: string;
}

/** What follows a flag: nothing that has to, any text, a file or folder, or one of these words. */
export type Followed = 'nothing' | 'text' | 'path' | readonly string[];

export interface CompletedFlag extends Named {
  readonly takes: Followed;
}

const HELP: CompletedFlag = { name: '--help', doc: 'print this help', takes: 'nothing' };
const VERSION: CompletedFlag = { name: '--version', doc: 'print the version', takes: 'nothing' };
const CONFIG: CompletedFlag = { name: '--config', doc: 'the configuration file', takes: 'path' };

/** The program's own completion first, then that of each command and group. */
export function completionsOf(
  commands: readonly (CommandDefinition | CommandGroup)[],
): readonly Completion[] {
  return groupCompletions('', commands, [HELP, VERSION]);
}

function groupCompletions(
  path: string,
  commands: readonly (CommandDefinition | CommandGroup)[],
  flags: readonly CompletedFlag[],
): readonly Completion[] {
  const words = commands.map(({ name, summary }) => ({ name, doc: summary }));
  const below = commands.flatMap((one) => {
    const belowPath = `${path} ${one.name}`;
    return 'commands' in one
      ? groupCompletions(belowPath, one.commands, [HELP])
      : [commandCompletion(belowPath, one)];
  });
  return [{ path, words, flags }, ...below];
}

function commandCompletion(path: string, command: CommandDefinition): Completion {
  const values = Object.values(command.arguments).flatMap((argument) =>
    typeof argument === 'object' && 'values' in argument ? argument.values : [],
  );
  return {
    path,
    words: values.map((name) => ({ name, doc: name })),
    flags: [...ownFlags(command), ...optionFlags(command), CONFIG, HELP],
  };
}

function ownFlags({ flags }: CommandDefinition): readonly CompletedFlag[] {
  return Object.entries(flags).map(([name, flag]) => ({
    name: flagOf(name),
    doc: plain(firstSentence(flag.doc)),
    takes: followerOf(flag),
  }));
}

function optionFlags({ options }: CommandDefinition): readonly CompletedFlag[] {
  return options.flatMap((row) => {
    const [key, option] = row;
    return keysOf(row).map((other) => ({
      name: flagOf(other),
      doc: plain(other === key ? firstSentence(option.doc) : describeFileOption(key)),
      takes: other === key ? followerOf(option) : 'path',
    }));
  });
}

/** What may be left out is not waited for. */
function followerOf(shape: Shape & Pick<Flag, 'preset'>): Followed {
  if (shape.kind === 'boolean' || shape.preset !== undefined) return 'nothing';
  if (shape.kind === 'enum') return shape.values;
  return shape.kind === 'string' && shape.isPath === true ? 'path' : 'text';
}

/** Docs are Markdown; a shell shows them as they are. */
function plain(text: string): string {
  return text.replaceAll('`', '').replace(/\.$/, '');
}

/** The flags of a completion by what they take: those of one kind stand together in a script. */
export function flagsThatTake({ flags }: Completion, takes: 'text' | 'path' | 'nothing'): readonly string[] {
  return flags.filter((flag) => flag.takes === takes).map(({ name }) => name);
}

/** Those that take one of some words. */
export function choosers({
  flags,
}: Completion): readonly { readonly name: string; readonly values: readonly string[] }[] {
  return flags.flatMap(({ name, takes }) => (typeof takes === 'string' ? [] : [{ name, values: takes }]));
}

/** A text as one word of bash, zsh or fish. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

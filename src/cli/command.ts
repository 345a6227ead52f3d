import type { Sources } from '../config/load.js';
import type { Option } from '../config/option.js';
import type { OptionKey } from '../config/options.js';
import type { Shape, Value, ValueOf } from '../config/shape.js';
import type { World } from './world.js';

/** A flag of one command that is no configuration: it stands neither in the environment nor in the file. */
export type Flag = Shape & {
  readonly doc: string;
  readonly default?: Value;
  /** What it stands for where it is named without a word. */
  readonly preset?: Value;
};

export type Flags = Readonly<Record<string, Flag>>;

/** Positional arguments in their order: what each is, by its name. */
export type Arguments = Readonly<Record<string, string | OneOfArgument | ManyArguments>>;

/** One of these words. */
export interface OneOfArgument {
  readonly doc: string;
  readonly values: readonly string[];
}

/** The last of them may take all words that are left, at least so many. */
export interface ManyArguments {
  readonly doc: string;
  readonly least: 0 | 1;
}

export type FlagValues<F extends Flags> = {
  readonly [K in keyof F]: F[K] extends { default: unknown } ? ValueOf<F[K]> : ValueOf<F[K]> | undefined;
};

export type ArgumentValues<A extends Arguments> = {
  readonly [K in keyof A]: A[K] extends ManyArguments ? readonly string[] : string;
};

/** A command as the command line knows it. */
export interface CommandDefinition {
  readonly name: string;
  /** A few words for the list of commands. */
  readonly summary: string;
  /** What it does, for its own help: a paragraph or more. */
  readonly doc: string;
  /** Command lines for the end of its help, without the program's name. */
  readonly examples: readonly [string, ...string[]];
  readonly exitCodes: CommandExitCodes;
  readonly arguments: Arguments;
  readonly flags: Flags;
  /** The options of the table that it takes. */
  readonly options: readonly (readonly [OptionKey, Option])[];
  /** Whether help leaves the options out, because they are not its own. */
  readonly hidesOptions?: boolean;
  /** Whether it only ends when it is stopped: being stopped is then no failure. */
  readonly runsUntilStopped: boolean;
  /** @returns the exit code: 0, or 1 where the answer is no. */
  run(invocation: Invocation, world: World): Promise<number>;
}

/** What its exit codes mean, beside those that every command has for its failures (exit-codes.ts). No full stop. */
export interface CommandExitCodes {
  readonly 0: string;
  /** The answer is no, or something is to be looked after; absent where it has no such answer. */
  readonly 1?: string;
  /** Where it says it otherwise than every command. */
  readonly 78?: string;
}

/** Commands that share the first word of their names. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
  /** What they have in common, for the group's own help. */
  readonly doc: string;
  readonly commands: readonly CommandDefinition[];
}

/** What was said on the command line, checked, and where the configuration comes from. */
export interface Invocation {
  readonly arguments: Readonly<Record<string, string | readonly string[]>>;
  readonly flags: Readonly<Record<string, Value | undefined>>;
  readonly sources: Sources;
}

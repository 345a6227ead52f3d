import { AGENT_OPTIONS } from './options-agent.js';
import { NOVA_OPTIONS } from './options-nova.js';
import { SERVER_OPTIONS } from './options-server.js';
import { SHARED_OPTIONS } from './options-shared.js';
import { fileKeyOf } from './option.js';
import type { Command, Option } from './option.js';

/**
 * Every option, once: flags, environment names, `--help`, the file's keys, the types of the configuration and
 * docs/operating/configuration.md follow from this table.
 */
export const OPTIONS = {
  ...SHARED_OPTIONS,
  ...SERVER_OPTIONS,
  ...NOVA_OPTIONS,
  ...AGENT_OPTIONS,
} as const;

export type OptionKey = keyof typeof OPTIONS;

/** The rows of the table, in its order. */
export const OPTION_ROWS: readonly (readonly [OptionKey, Option])[] = Object.entries(OPTIONS) as [
  OptionKey,
  Option,
][];

/** The rows that a command has. */
export function optionsOf(command: Command): readonly (readonly [OptionKey, Option])[] {
  return OPTION_ROWS.filter(([, { commands }]) => commands.includes(command));
}

/** A row's keys: its own and, for a secret, the one that names a file to read it from. */
export function keysOf([key, { secret }]: readonly [OptionKey, Option]): readonly string[] {
  return secret === undefined ? [key] : [key, fileKeyOf(key)];
}

import { parse, TomlError } from 'smol-toml';
import { nearest } from './nearest.js';
import { ENVIRONMENT_PREFIX, environmentNameOf, flagOf } from './option.js';
import type { Command, Option } from './option.js';
import { keysOf, OPTION_ROWS, optionsOf } from './options.js';
import { fromText } from './shape.js';

/** What one source says: the command line, the environment or the file. */
export interface Layer {
  /** By option key, or by the key that names a secret's file. Not checked yet. */
  readonly values: ReadonlyMap<string, unknown>;
  /** Where a key's value stands, so that "from …" is a sentence. */
  readonly nameOf: (key: string) => string;
  /** What the source says that nobody understands, a line each. */
  readonly problems: readonly string[];
}

/** The file of the configuration. */
export interface ConfigFile {
  readonly path: string;
  /** TOML. */
  readonly text: string;
}

/** The environment name that says where the file is; no option, but ours. */
export const CONFIG_PATH_NAME = `${ENVIRONMENT_PREFIX}CONFIG`;

/** The option that a key sets: a secret's file is named by a text. */
const OPTION_OF_KEY: ReadonlyMap<string, Option | undefined> = new Map(
  OPTION_ROWS.flatMap((row) => {
    const [key, option] = row;
    return keysOf(row).map((other) => [other, other === key ? option : undefined] as const);
  }),
);
const KEYS = [...OPTION_OF_KEY.keys()];
const KEY_OF_ENVIRONMENT_NAME = new Map(KEYS.map((key) => [environmentNameOf(key), key]));

/**
 * What was said on the command line. Unlike file and environment, which a server and an agent may share, it is for one
 * command: a flag that this command does not have is refused.
 *
 * @param flags the text given for each flag, by option key.
 */
export function layerOfFlags(command: Command, flags: ReadonlyMap<string, string>): Layer {
  const known = optionsOf(command).flatMap(keysOf);
  return {
    values: new Map([...flags].map(([key, text]) => [key, readText(key, text)])),
    nameOf: flagOf,
    problems: [...flags.keys()]
      .filter((key) => !known.includes(key))
      .map((key) => unknownLine(`flag of ${command}`, flagOf(key), known.map(flagOf))),
  };
}

/** An empty value counts as absent: that is how compose files and units leave one out. */
export function layerOfEnvironment(environment: Readonly<Record<string, string | undefined>>): Layer {
  const ours = Object.entries(environment).filter(
    ([name, text]) => name.startsWith(ENVIRONMENT_PREFIX) && name !== CONFIG_PATH_NAME && text !== '',
  );
  const names = [...KEY_OF_ENVIRONMENT_NAME.keys(), CONFIG_PATH_NAME];
  return {
    values: new Map(
      ours.flatMap(([name, text]) => {
        const key = KEY_OF_ENVIRONMENT_NAME.get(name);
        return key === undefined || text === undefined ? [] : [[key, readText(key, text)]];
      }),
    ),
    nameOf: (key) => `environment ${environmentNameOf(key)}`,
    problems: ours
      .filter(([name]) => !KEY_OF_ENVIRONMENT_NAME.has(name))
      .map(([name]) => unknownLine('environment name', name, names)),
  };
}

export function layerOfFile(file: ConfigFile | undefined): Layer {
  const nameOf = (): string => file?.path ?? 'no file';
  try {
    const entries = flatten(parse(file?.text ?? ''));
    const unknown = entries.filter(([key]) => !OPTION_OF_KEY.has(key));
    return {
      values: new Map(entries),
      nameOf,
      problems: unknown.map(([key]) => `${unknownLine('key', key, KEYS)} (from ${nameOf()})`),
    };
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return { values: new Map(), nameOf, problems: [tomlLine(nameOf(), error)] };
  }
}

/** Why the file is no TOML, with the next step; undefined where it is, or where there is none. */
export function checkSyntax(file: ConfigFile | undefined): string | undefined {
  try {
    parse(file?.text ?? '');
    return undefined;
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    return tomlLine(file?.path ?? '', error);
  }
}

function readText(key: string, text: string): unknown {
  const option = OPTION_OF_KEY.get(key);
  return option === undefined ? text : fromText(option, text);
}

/** `[listener] ttlMs = 1` as `listener.ttlMs`; what stands outside of a table keeps its bare name. */
function flatten(tables: Readonly<Record<string, unknown>>): readonly (readonly [string, unknown])[] {
  return Object.entries(tables).flatMap(([group, table]): (readonly [string, unknown])[] =>
    isTable(table)
      ? Object.entries(table).map(([name, value]) => [`${group}.${name}`, value] as const)
      : [[group, table]],
  );
}

function isTable(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function unknownLine(kind: string, name: string, candidates: readonly string[]): string {
  const guess = nearest(name, candidates);
  const next = guess === undefined ? 'remove it' : `did you mean ${guess}?`;
  return `unknown ${kind} ${JSON.stringify(name)}: ${next}`;
}

function tomlLine(path: string, { message, line, column }: TomlError): string {
  const [summary = ''] = message.split('\n');
  return `${path}:${line}:${column}: ${summary.replace(/^Invalid TOML document: /, '')}; correct the file`;
}

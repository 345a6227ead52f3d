import type { Values } from './config.js';
import type { Layer } from './layers.js';
import { fileKeyOf } from './option.js';
import type { Command, Option } from './option.js';
import { optionsOf } from './options.js';
import type { OptionKey } from './options.js';
import { describeShape, toValue } from './shape.js';
import type { Value } from './shape.js';

/** What is known of one option of a command. */
export interface Setting {
  readonly key: OptionKey;
  readonly option: Option;
  /** Absent where nothing was said, and where what was said is wrong. */
  readonly value: Value | undefined;
  /** Where the value comes from, so that "from …" is a sentence: `default`, `environment PORT_STATUS_LOG_LEVEL`. */
  readonly source: string | undefined;
  /** Why there is no value although something was said: one line that ends with the next step. */
  readonly problem?: string;
}

export interface ResolveOptions {
  /** The first that says something about an option decides. */
  readonly layers: readonly Layer[];
  readonly hostName: string;
  /** Reads the file that a secret stands in. @throws when it can not be read. */
  readonly readFile: (path: string) => string;
}

/** Finds the value of each option that a command has. Pure but for `readFile`; never throws. */
export function resolve(command: Command, options: ResolveOptions): readonly Setting[] {
  return optionsOf(command).map(([key, option]) => {
    const said = firstWord(key, option, options);
    return { key, option, ...(said ?? defaultOf(command, option, options.hostName)) };
  });
}

/** The settings that have a value, as values by key. */
export function valuesOf(settings: readonly Setting[]): Values {
  return Object.fromEntries(settings.map(({ key, value }) => [key, value]));
}

type Finding = Pick<Setting, 'value' | 'source' | 'problem'>;

function firstWord(
  key: OptionKey,
  option: Option,
  { layers, readFile }: ResolveOptions,
): Finding | undefined {
  const fileKey = fileKeyOf(key);
  for (const layer of layers) {
    const hasFile = option.secret !== undefined && layer.values.has(fileKey);
    if (layer.values.has(key)) {
      if (hasFile) return wrong(layer.nameOf(key), `${key} and ${fileKey} are both set: remove one`);
      return checked(key, option, layer.values.get(key), layer.nameOf(key));
    }
    if (hasFile) return fromSecretFile(key, option, layer, readFile);
  }
  return undefined;
}

function fromSecretFile(
  key: OptionKey,
  option: Option,
  layer: Layer,
  readFile: ResolveOptions['readFile'],
): Finding {
  const fileKey = fileKeyOf(key);
  const path = layer.values.get(fileKey);
  const source = layer.nameOf(fileKey);
  if (typeof path !== 'string') return wrong(source, `${fileKey} must be the path of a file`);
  try {
    return checked(key, option, readFile(path).trimEnd(), `${path}, named by ${source}`);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return wrong(source, `${fileKey} cannot be read: ${why}; make it readable`);
  }
}

function checked(key: OptionKey, option: Option, raw: unknown, source: string): Finding {
  const value = toValue(option, raw);
  if (value !== undefined) return { value, source };
  const got = option.secret === undefined ? `, got ${JSON.stringify(raw)}` : '';
  return wrong(source, `${key} must be ${describeShape(option)}${got}`);
}

function wrong(source: string, problem: string): Finding {
  return { value: undefined, source, problem: `${oneLine(problem)} (from ${source})` };
}

function oneLine(text: string): string {
  return text.replace(/\s*[\r\n]+\s*/g, ' ');
}

function defaultOf(command: Command, option: Option, hostName: string): Finding {
  const value =
    option.defaultFrom === 'hostName' ? hostName : (option.defaultFor?.[command] ?? option.default);
  return { value, source: value === undefined ? undefined : 'default' };
}

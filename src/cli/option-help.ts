import type { Option } from '../config/option.js';
import { formatValue } from '../config/shape.js';
import type { Shape } from '../config/shape.js';
import type { Flag } from './command.js';

/** What follows the flag in the help: `--listener-ttl-ms <integer>`. */
export function placeholderOf(shape: Shape): string {
  switch (shape.kind) {
    case 'boolean':
      return ' [boolean]';
    case 'list':
      return ' <list>';
    case 'integer':
      return ' <number>';
    case 'string':
    case 'enum':
    case 'duration':
      return ` <${shape.kind === 'string' ? 'text' : shape.kind === 'enum' ? 'word' : 'duration'}>`;
  }
}

/** An option's line of help: the first sentence of its paragraph, then what fits and what holds without it. */
export function describeOption(option: Option): string {
  return withRemarks(firstSentence(option.doc), [...limits(option), ...defaults(option)]);
}

export function describeFileOption(key: string): string {
  return `A file to read ${key} from`;
}

export function describeFlag(flag: Flag): string {
  const isSilent = flag.default === undefined || flag.kind === 'boolean';
  const byDefault = isSilent ? [] : [`default ${formatValue(flag, flag.default)}`];
  return withRemarks(flag.doc, [...limits(flag), ...byDefault]);
}

/** What holds where nothing is said, in words; empty where that is nothing. */
export function defaults(option: Option): readonly string[] {
  if (option.defaultFrom === 'hostName') return ['default: the host name'];
  if (option.default !== undefined) return [`default ${formatValue(option, option.default)}`];
  return Object.entries(option.defaultFor ?? {}).map(
    ([command, value]) => `default of the ${command} ${formatValue(option, value)}`,
  );
}

function limits(shape: Shape): readonly string[] {
  if (shape.kind === 'integer') return [`${shape.least}–${shape.most}`];
  return shape.kind === 'enum' ? [shape.values.join(', ')] : [];
}

function withRemarks(text: string, remarks: readonly string[]): string {
  const sentence = text.replace(/\.$/, '');
  return remarks.length === 0 ? sentence : `${sentence} (${remarks.join('; ')})`;
}

/** Docs are Markdown; the terminal is not. */
export function firstSentence(doc: string): string {
  return (/^.*?[.](?= [A-Z`]|$)/.exec(doc)?.[0] ?? doc).replace(/`/g, '');
}

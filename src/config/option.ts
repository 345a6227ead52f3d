import type { Shape, Value } from './shape.js';

/** The commands that have a configuration. */
export type Command =
  | 'server'
  | 'agent'
  | 'migrate'
  | 'compare'
  | 'reconcile'
  | 'listeners'
  | 'topics'
  | 'chassis'
  | 'port'
  | 'stuck'
  | 'quarantine'
  | 'drain'
  | 'pause'
  | 'resume'
  | 'approve'
  | 'uninstall'
  | 'demo';

/** One row of the table of options. */
export type Option = Shape & {
  /** One paragraph; its first sentence stands alone in `--help`. */
  readonly doc: string;
  /** The commands that have this option. */
  readonly commands: readonly Command[];
  /** Those of them that do not start without it. */
  readonly requiredBy?: readonly Command[];
  readonly default?: Value;
  /** Instead of `default`, where each command has its own. */
  readonly defaultFor?: Readonly<Partial<Record<Command, Value>>>;
  /** Instead of `default`: the machine's host name. */
  readonly defaultFrom?: 'hostName';
  /** What must never be printed: the whole value, or the password that stands in it as a URL. */
  readonly secret?: 'whole' | 'password';
};

/** The environment names that are ours start so. */
export const ENVIRONMENT_PREFIX = 'PORT_STATUS_';

/** `listener.ttlMs` is `--listener-ttl-ms` on the command line. */
export function flagOf(key: string): string {
  return `--${wordsOf(key).join('-')}`;
}

/** `listener.ttlMs` is `PORT_STATUS_LISTENER_TTL_MS` in the environment. */
export function environmentNameOf(key: string): string {
  return ENVIRONMENT_PREFIX + wordsOf(key).join('_').toUpperCase();
}

/** `listener.ttlMs` is `[listener] ttlMs` in the file. */
export function tomlNameOf(key: string): string {
  const [group, name] = partsOf(key);
  return `[${group}] ${name}`;
}

/** The key's table in the file and its name there. */
export function partsOf(key: string): readonly [group: string, name: string] {
  const dot = key.indexOf('.');
  return [key.slice(0, dot), key.slice(dot + 1)];
}

/** The key beside a secret's that names a file to read it from: `neutron.urlFile`, `nova.password_file`. */
export function fileKeyOf(key: string): string {
  return key + (key.startsWith('nova.') ? '_file' : 'File');
}

function wordsOf(key: string): readonly string[] {
  return key
    .replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    .replace(/[._]/g, '-')
    .split('-');
}

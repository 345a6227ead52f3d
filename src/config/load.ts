import { PortStatusError } from '../domain/errors.js';
import { problemsOf } from './check.js';
import type { Config } from './config.js';
import { checkSyntax, layerOfEnvironment, layerOfFile, layerOfFlags } from './layers.js';
import type { ConfigFile } from './layers.js';
import { partsOf } from './option.js';
import type { Command } from './option.js';
import { resolve } from './resolve.js';
import type { ResolveOptions, Setting } from './resolve.js';

/** Where a configuration comes from, strongest first: flags, environment, file; then the defaults. */
export interface Sources extends Pick<ResolveOptions, 'hostName' | 'readFile'> {
  /** The text given for each flag, by option key. */
  readonly flags: ReadonlyMap<string, string>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly file?: ConfigFile | undefined;
}

/** A command's settings and everything that is wrong with them. */
export interface Inspection {
  readonly settings: readonly Setting[];
  /** A line each, that names its source and ends with the next step. */
  readonly problems: readonly string[];
}

/**
 * The configuration of a command.
 *
 * @throws {PortStatusError} CONFIG with all problems at once, a line each.
 */
export function load<C extends Command>(command: C, sources: Sources): Config<C> {
  const { settings, problems } = inspect(command, sources);
  if (problems.length > 0) throw new PortStatusError('CONFIG', problems.join('\n'));
  return configOf<C>(settings);
}

/** What `load` would say, also where it would throw: for `port-status config`. */
export function inspect(command: Command, sources: Sources): Inspection {
  const { flags, environment, file } = sources;
  const layers = [layerOfFlags(command, flags), layerOfEnvironment(environment), layerOfFile(file)];
  const settings = resolve(command, { ...sources, layers });
  const problems = layers.flatMap((layer) => layer.problems);
  // What seems to be missing may stand in a file that can not be read.
  const isReadable = checkSyntax(file) === undefined;
  return { settings, problems: isReadable ? [...problems, ...problemsOf(command, settings)] : problems };
}

function configOf<C extends Command>(settings: readonly Setting[]): Config<C> {
  const config: Record<string, Record<string, unknown>> = {};
  for (const { key, value } of settings) {
    const [group, name] = partsOf(key);
    (config[group] ??= {})[name] = value;
  }
  return config as Config<C>;
}

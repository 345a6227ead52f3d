import { CONFIG_PATH_NAME } from '../config/layers.js';
import type { ConfigFile } from '../config/layers.js';
import { PortStatusError } from '../domain/errors.js';
import type { World } from './world.js';

/** Read where nobody names another; it need not be there. */
export const DEFAULT_CONFIG_PATH = '/etc/port-status/port-status.toml';

/**
 * The configuration file: the one that `--config` names, else PORT_STATUS_CONFIG, else the default where it exists.
 *
 * @throws {PortStatusError} CONFIG when it can not be read, or is named and not there.
 */
export function findConfigFile(
  named: string | undefined,
  { environment, readFile }: Pick<World, 'environment' | 'readFile'>,
): ConfigFile | undefined {
  const fromEnvironment = environment[CONFIG_PATH_NAME];
  const path = named ?? (fromEnvironment === '' ? undefined : fromEnvironment);
  try {
    return { path: path ?? DEFAULT_CONFIG_PATH, text: readFile(path ?? DEFAULT_CONFIG_PATH) };
  } catch (error) {
    if (path === undefined && isAbsent(error)) return undefined;
    const why = error instanceof Error ? error.message : String(error);
    const source = named === undefined ? `environment ${CONFIG_PATH_NAME}` : '--config';
    const origin = path === undefined ? 'the default' : source;
    throw new PortStatusError(
      'CONFIG',
      `the configuration file cannot be read: ${why} (from ${origin}); correct the path or its permissions`,
    );
  }
}

function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

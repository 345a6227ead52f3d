import type { Sources } from '../../../src/config/load.js';

/** What a server needs at least, as flags. */
export const SERVER_FLAGS = {
  'northbound.url': 'sqlite:/nb.db',
  'neutron.url': 'sqlite:/neutron.db',
  'neutron.drivers': 'openvswitch',
} as const;

interface Said {
  readonly flags?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  /** TOML. */
  readonly file?: string;
  /** What other files hold, by path. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Sources of a configuration on the host `host-1`, whose file is `port-status.toml`. */
export function sources({ flags = {}, environment = {}, file, files = {} }: Said): Sources {
  return {
    flags: new Map(Object.entries(flags)),
    environment,
    hostName: 'host-1',
    file: file === undefined ? undefined : { path: 'port-status.toml', text: file },
    readFile: (path) => {
      const text = files[path];
      if (text === undefined) throw new Error(`no such file, ${path}`);
      return text;
    },
  };
}

import { PortStatusError } from '../../domain/errors.js';

/** Where an etcd cluster answers, and as whom we come. */
export interface Address {
  /** Every member's client URL, such as `http://h1:2379`. */
  readonly endpoints: readonly string[];
  readonly isTls: boolean;
  /** Absent: etcd is asked without a user. */
  readonly credentials?: Credentials | undefined;
}

export interface Credentials {
  readonly user: string;
  readonly password: string;
}

const DEFAULT_PORT = 2379;

const PATTERN = /^etcd(s?):\/\/(?:([^@/]*)@)?([^@/?#]+)\/?$/;

/**
 * Reads `etcd://user:password@h1:2379,h2:2379`, or `etcds://…` for TLS; a member without a port answers at 2379. What
 * user and password hold of `:@/?#%` is percent-encoded.
 *
 * @throws {PortStatusError} CONFIG, never with the password.
 */
export function parseAddress(url: string): Address {
  const [, tls, userinfo, hosts = ''] = PATTERN.exec(url) ?? [];
  const isTls = tls === 's';
  const endpoints = hosts.split(',').map((host) => endpointOf(host, isTls));
  if (tls === undefined || endpoints.includes(undefined)) throw malformed();
  return {
    endpoints: endpoints.filter((endpoint) => endpoint !== undefined),
    isTls,
    credentials: userinfo === undefined ? undefined : credentialsOf(userinfo),
  };
}

function endpointOf(host: string, isTls: boolean): string | undefined {
  const address = /:\d+$/.test(host) ? host : `${host}:${DEFAULT_PORT}`;
  const url = `${isTls ? 'https' : 'http'}://${address}`;
  return host !== '' && URL.canParse(url) ? url : undefined;
}

function credentialsOf(userinfo: string): Credentials {
  const colon = userinfo.indexOf(':');
  if (colon < 1) throw malformed();
  try {
    return {
      user: decodeURIComponent(userinfo.slice(0, colon)),
      password: decodeURIComponent(userinfo.slice(colon + 1)),
    };
  } catch {
    throw malformed();
  }
}

function malformed(): PortStatusError {
  return new PortStatusError(
    'CONFIG',
    'northbound.url is no address of etcd; write etcd://user:password@host:2379,host:2379, or etcds:// for TLS, with user and password percent-encoded or left out',
  );
}

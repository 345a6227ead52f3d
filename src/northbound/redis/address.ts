import { PortStatusError } from '../../domain/errors.js';

/** Where Redis is, and as whom to speak to it. */
export interface RedisAddress {
  readonly isTls: boolean;
  /** The server itself; or the Sentinels, where `master` is the name under which they watch it. */
  readonly hosts: readonly Host[];
  readonly master?: string | undefined;
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  readonly sentinelUser?: string | undefined;
  readonly sentinelPassword?: string | undefined;
  readonly database: number;
}

export interface Host {
  readonly host: string;
  readonly port: number;
}

const FORMS =
  'redis://user:password@host:6379/0, rediss://… for TLS, or redis+sentinel://user:password@host1:26379,host2:26379/master-name/0?sentinelUser=…&sentinelPassword=…';

const URL_PATTERN = /^redis(s?)(\+sentinel)?:\/\/(?:([^/?]*)@)?([^/?@]+)(?:\/([^?]*))?(?:\?(.*))?$/s;

/**
 * Reads a URL. User and password are those of the server with the data; a Sentinel's stand behind the `?`. What is no letter
 * or digit in them is percent-encoded. `rediss+sentinel://` uses TLS to both.
 *
 * @throws {PortStatusError} CONFIG where it can not be read. The message never has the URL in it.
 */
export function parseRedisUrl(url: string): RedisAddress {
  const [, tls, sentinel, identity = '', hosts = '', path = '', query = ''] =
    URL_PATTERN.exec(url) ?? refuse('its form');
  const isSentinel = sentinel !== undefined;
  const [first = '', second] = path.split('/');
  if (isSentinel && first === '') refuse('no master name');
  const parameters = parseQuery(query, isSentinel);
  return {
    isTls: tls === 's',
    hosts: hosts.split(',').map((text) => parseHost(text, isSentinel ? 26_379 : 6379)),
    master: isSentinel ? decode(first) : undefined,
    ...parseIdentity(identity),
    ...parameters,
    database: parseDatabase(isSentinel ? second : path),
  };
}

/** How the address is called in logs and metrics: without user and password. */
export function nameOf({ hosts, master }: RedisAddress): string {
  const list = hosts.map(({ host, port }) => `${host}:${port}`).join(',');
  return master === undefined ? list : `${list}/${master}`;
}

function parseIdentity(identity: string): Pick<RedisAddress, 'user' | 'password'> {
  if (identity === '') return {};
  const colon = identity.indexOf(':');
  if (colon < 0) refuse('a user without a password');
  const user = decode(identity.slice(0, colon));
  return { user: user === '' ? undefined : user, password: decode(identity.slice(colon + 1)) };
}

function parseQuery(
  query: string,
  isSentinel: boolean,
): Pick<RedisAddress, 'sentinelUser' | 'sentinelPassword'> {
  const parameters = new URLSearchParams(query.replaceAll('+', '%2B'));
  const known = isSentinel ? ['sentinelUser', 'sentinelPassword'] : [];
  if ([...parameters.keys()].some((key) => !known.includes(key))) refuse('what stands behind the "?"');
  const [sentinelUser, sentinelPassword] = [
    parameters.get('sentinelUser'),
    parameters.get('sentinelPassword'),
  ];
  return { sentinelUser: sentinelUser ?? undefined, sentinelPassword: sentinelPassword ?? undefined };
}

function parseHost(text: string, defaultPort: number): Host {
  const [, bracketed, plain, digits] =
    /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? refuse('a host');
  const port = digits === undefined ? defaultPort : Number(digits);
  if (port < 1 || port > 65_535) refuse('a port');
  return { host: bracketed ?? plain ?? '', port };
}

function parseDatabase(text = ''): number {
  if (!/^\d{0,5}$/.test(text)) refuse('the number of the database');
  return Number(text);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return refuse('a "%" that encodes nothing');
  }
}

function refuse(what: string): never {
  throw new PortStatusError('CONFIG', `northbound.url can not be read (${what}); write ${FORMS}`);
}

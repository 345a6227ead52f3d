import { PortStatusError } from '../../domain/errors.js';
import { unavailable, unreachable } from '../refusals.js';
import type { Host } from './address.js';

export const ENGINE = 'redis';

/**
 * The first word of Redis' errors is their code. These mean that nothing is to be had from this server now, but may be from
 * another: the connection is given up and the server sought anew.
 */
const ELSEWHERE: readonly string[] = ['READONLY', 'MOVED', 'ASK', 'MASTERDOWN', 'CLUSTERDOWN', 'LOADING'];

/** These may pass by themselves. */
const LATER: readonly string[] = [
  'BUSY',
  'OOM',
  'MISCONF',
  'NOREPLICAS',
  'TRYAGAIN',
  'UNKILLABLE',
  'EXECABORT',
];

const REFUSED: readonly string[] = ['WRONGPASS', 'NOAUTH'];

/** The code of an error that Redis answered with; undefined where it did not come from there. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || error.name !== 'ReplyError') return undefined;
  return /^[A-Z]+/.exec(error.message)?.[0] ?? '';
}

/** Whether the connection leads to a server that can not do what is asked. */
export function isElsewhere(error: unknown): boolean {
  return ELSEWHERE.includes(codeOf(error) ?? '');
}

/** Whether the user has not the right; a script is told it in words alone. */
export function isNotPermitted(error: unknown): boolean {
  const code = codeOf(error);
  if (code !== 'ERR') return code === 'NOPERM';
  return (error as Error).message.startsWith("ERR The user executing the script can't ");
}

/** Where a node of a Redis Cluster says that the data is: `MOVED 3999 10.0.0.2:6381`. */
export function movedTo(error: unknown): Host | undefined {
  if (codeOf(error) !== 'MOVED') return undefined;
  const [, host, port] = /^MOVED \d+ (.+):(\d+)$/.exec((error as Error).message) ?? [];
  return host === undefined ? undefined : { host, port: Number(port) };
}

/** Whether Redis does not know the script that it was to run. */
export function isUnknownScript(error: unknown): boolean {
  return codeOf(error) === 'NOSCRIPT';
}

/** A failure of the library, the network or Redis as one of ours; ours and plain bugs pass. */
export function translateFault(error: unknown, endpoint: string): Error {
  if (error instanceof PortStatusError || error instanceof TypeError) return error;
  const detail = error instanceof Error ? error.message : String(error);
  const code = codeOf(error);
  if (code === undefined) return translateNetworkFault(error, endpoint, detail);
  if (REFUSED.includes(code)) {
    return new PortStatusError(
      'RIGHTS',
      `Redis at ${endpoint} refuses user or password (${code}); correct them in northbound.url`,
      { cause: error },
    );
  }
  if (isNotPermitted(error)) {
    return new PortStatusError(
      'RIGHTS',
      `Redis at ${endpoint} refuses the right to do this (${detail}); give its user the rights in docs/northbound.md, "Rights in Redis"`,
      { cause: error },
    );
  }
  if (code === 'WRONGTYPE') return foreignKeys(endpoint, detail);
  if (/DB index|SELECT is not allowed/i.test(detail)) return wrongDatabase(endpoint, detail);
  if (ELSEWHERE.includes(code) || LATER.includes(code))
    return unavailable(ENGINE, `${endpoint} does not work now (${detail})`, error);
  return new PortStatusError('BUG', `Redis at ${endpoint} refuses a command (${detail}); report this`, {
    cause: error,
  });
}

function foreignKeys(endpoint: string, detail: string): PortStatusError {
  return new PortStatusError(
    'LAYOUT',
    `Redis at ${endpoint} has keys of somebody else under our names (${detail}); choose another northbound.namespace`,
  );
}

function wrongDatabase(endpoint: string, detail: string): PortStatusError {
  return new PortStatusError(
    'CONFIG',
    `Redis at ${endpoint} has no such database (${detail}); correct the number at the end of northbound.url, or leave it out`,
  );
}

/**
 * The same while a connection is being made. Over TLS 1.3 a server refuses a client's certificate after the handshake: its
 * alert may be overtaken by the reset that follows.
 */
export function translateOpeningFault(error: unknown, endpoint: string, isTls: boolean): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (!isTls || !['ECONNRESET', 'EPIPE'].includes(code)) return translateFault(error, endpoint);
  const hint = 'it may ask for northbound.certFile and northbound.keyFile';
  return unavailable(ENGINE, `${endpoint} ended the TLS connection (${code}); ${hint}`, error);
}

/** OpenSSL's verdicts on a certificate, as Node spells them, and the alerts of the other side. */
const TLS_CODES =
  /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|INVALID_CA|HOSTNAME_MISMATCH|ERR_TLS_|ERR_SSL_)/;

function translateNetworkFault(error: unknown, endpoint: string, detail: string): Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (detail.startsWith('Unknown RESP type'))
    return unreachable(ENGINE, `what answers at ${endpoint} is not Redis`, error);
  if (!TLS_CODES.test(code)) return unreachable(ENGINE, `${endpoint} can not be reached (${detail})`, error);
  return new PortStatusError(
    'RIGHTS',
    `the TLS connection to Redis at ${endpoint} is refused (${code}); check northbound.caFile, northbound.certFile and northbound.keyFile, and that the server's certificate bears its name`,
    { cause: error },
  );
}

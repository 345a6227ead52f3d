import { PortStatusError } from '../../domain/errors.js';
import { unavailable, unreachable } from '../refusals.js';

export const ENGINE = 'etcd';

/** Codes of gRPC, as they stand in the gateway's answers. Source: grpc.io/docs/guides/status-codes. */
const INVALID_ARGUMENT = 3;
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const FAILED_PRECONDITION = 9;
const UNAVAILABLE = 14;
const UNAUTHENTICATED = 16;

/**
 * Three failures that share the code INVALID_ARGUMENT; etcd's own clients tell them by these texts too. Source: etcd,
 * etcdserver/api/v3rpc/rpctypes/error.go.
 */
const NO_USER = 'etcdserver: user name is empty';
const WRONG_PASSWORD = 'etcdserver: authentication failed, invalid user ID or password';
const OLD_AUTH_REVISION = 'etcdserver: revision of auth store is old';

/** A member of the cluster took the request and says no. */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(
    readonly endpoint: string,
    /** gRPC's code. */
    readonly code: number,
    /** etcd's own words. */
    readonly words: string,
  ) {
    super(words);
  }

  /** Whether another member may say something else: this one has lost its cluster, or that its leader. */
  get isOfMember(): boolean {
    return this.code === UNAVAILABLE;
  }

  /** Whether to log in again would help. */
  get isOfToken(): boolean {
    return this.code === UNAUTHENTICATED || this.words === OLD_AUTH_REVISION;
  }
}

/** Whether a lease is not there, or is no more. */
export function isNotFound(error: unknown): boolean {
  return error instanceof Refused && error.code === NOT_FOUND;
}

/** Whether the user lacks the right. */
export function isDenied(error: unknown): boolean {
  return error instanceof Refused && error.code === PERMISSION_DENIED;
}

/** What a refusal means for our caller; other errors pass. */
export function translateRefusal(error: unknown): unknown {
  if (!(error instanceof Refused)) return error;
  const { code, words, endpoint } = error;
  if (code === PERMISSION_DENIED) {
    return rights(
      `${endpoint} denies this user a right (${words}); grant its role what docs/northbound.md says`,
    );
  }
  if (words === WRONG_PASSWORD)
    return rights(`${endpoint} refuses the user or its password; correct northbound.url`);
  if (words === NO_USER)
    return rights(`${endpoint} asks for a user; write etcd://user:password@… into northbound.url`);
  if (code === FAILED_PRECONDITION) {
    return rights(
      `${endpoint} knows no users (${words}); enable authentication there, or take the user out of northbound.url`,
    );
  }
  if (code === INVALID_ARGUMENT)
    return new PortStatusError('BUG', `${endpoint} refuses a request (${words}); report this`);
  return unavailable(ENGINE, `${endpoint} can not do it now (${words})`);
}

function rights(why: string): PortStatusError {
  return new PortStatusError('RIGHTS', `northbound database (${ENGINE}): ${why}`);
}

/** OpenSSL's verdicts on a certificate, as Node spells them; and what a server says that does not like ours. */
const TLS =
  /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|INVALID_CA|HOSTNAME_MISMATCH|ERR_TLS_CERT|ERR_SSL_|EPROTO)/;

/** Nothing was sent when a connection failed for one of these reasons. */
const NO_CONNECTION =
  /^(ECONNREFUSED|ENOTFOUND|EAI_|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)/;

/** Whether the request can not have been carried out, since there never was a connection. */
export function wasNeverSent(error: unknown): boolean {
  return NO_CONNECTION.test(codeOf(error)) || TLS.test(codeOf(error));
}

/** A connection that failed, as one of our errors, with the failure as its cause; ours pass. */
export function translateFailure(error: unknown, endpoint: string): PortStatusError {
  if (error instanceof PortStatusError) return error;
  const code = codeOf(error);
  if (!TLS.test(code)) return unreachable(ENGINE, `${endpoint} does not answer (${code})`, error);
  return new PortStatusError(
    'RIGHTS',
    `northbound database (${ENGINE}): no TLS connection to ${endpoint} (${code}); check northbound.caFile, certFile and keyFile, and that its certificate bears that host's name`,
    { cause: error },
  );
}

/** The stable code of a system, TLS or undici error, such as ECONNREFUSED or UND_ERR_SOCKET. */
export function codeOf(error: unknown): string {
  const isCoded = error instanceof Error && 'code' in error && typeof error.code === 'string';
  if (isCoded) return String(error.code);
  return error instanceof Error ? error.name : 'unknown error';
}

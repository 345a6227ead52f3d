import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { PortStatusError } from '../../domain/errors.js';

/** How the connection to a database server is protected; the options of the same names say it. Not used over a socket. */
export interface TlsChoice {
  readonly tls?: 'off' | 'unverified' | 'verify-ca' | 'verify-full' | undefined;
  /** Paths of PEM files. Without `caCert` the authorities that Node knows count. */
  readonly caCert?: string | undefined;
  readonly certificate?: string | undefined;
  readonly privateKey?: string | undefined;
}

/** The same as the drivers take it. */
export interface Tls {
  readonly rejectUnauthorized: boolean;
  /** Whether the certificate must bear the host's name or address. */
  readonly verifyIdentity: boolean;
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/**
 * Reads the files, once: renewed ones count after a restart.
 *
 * @throws {PortStatusError} CONFIG where a file can not be read or used.
 */
export function readTls({ tls = 'off', ...files }: TlsChoice): Tls | undefined {
  if (tls === 'off') return undefined;
  const pems = {
    ...readPem('ca', 'caCert', files),
    ...readPem('cert', 'certificate', files),
    ...readPem('key', 'privateKey', files),
  };
  try {
    createSecureContext(pems);
  } catch (cause) {
    throw unusable('key and certificates', cause, 'PEM files that fit together');
  }
  return { rejectUnauthorized: tls !== 'unverified', verifyIdentity: tls === 'verify-full', ...pems };
}

function readPem(
  name: 'ca' | 'cert' | 'key',
  file: 'caCert' | 'certificate' | 'privateKey',
  files: Omit<TlsChoice, 'tls'>,
): Readonly<Partial<Record<typeof name, Buffer>>> {
  const path = files[file];
  if (path === undefined) return {};
  try {
    return { [name]: readFileSync(path) };
  } catch (cause) {
    throw unusable(path, cause, 'files that this user may read');
  }
}

function unusable(what: string, cause: unknown, wanted: string): PortStatusError {
  return new PortStatusError(
    'CONFIG',
    `${what} can not be used for TLS to Neutron's database (${codeOf(cause)}); check that neutron.caCert, neutron.certificate and neutron.privateKey are ${wanted}`,
    { cause },
  );
}

/** What to do about a connection that failed for the sake of TLS; undefined where it failed otherwise. */
export function adviceOnTls(cause: unknown): string | undefined {
  return TLS_FAILURE.test(codeOf(cause))
    ? 'check neutron.tls, neutron.caCert and the certificate of the database server'
    : undefined;
}

/** OpenSSL's verdicts on a certificate and Node's own, and how mysql2 names all that goes wrong in the handshake. */
const TLS_FAILURE =
  /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|INVALID_CA|HOSTNAME_MISMATCH|ERR_SSL_|ERR_TLS_|HANDSHAKE_)/;

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
}

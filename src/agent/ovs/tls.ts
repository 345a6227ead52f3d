import { readFile } from 'node:fs/promises';
import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { PortStatusError } from '../../domain/errors.js';

/** The files that prove who is who, as PEM; each has the meaning that `ovs-vsctl` gives to its option of that name. */
export interface TlsFiles {
  readonly privateKey: string;
  readonly certificate: string;
  /** The authority that must have signed the server's certificate. */
  readonly caCert: string;
}

/** What the configuration names of them. */
export type SomeTlsFiles = { readonly [File in keyof TlsFiles]?: TlsFiles[File] | undefined };

/** @throws {PortStatusError} CONFIG where one of them is missing. */
export function checkTlsFiles({ privateKey, certificate, caCert }: SomeTlsFiles): TlsFiles {
  if (privateKey !== undefined && certificate !== undefined && caCert !== undefined)
    return { privateKey, certificate, caCert };
  throw new PortStatusError(
    'CONFIG',
    'an ssl: address needs a key and certificates; set switch.privateKey, switch.certificate and switch.caCert',
  );
}

/**
 * Begins to connect; the files are read each time, so that a renewed certificate counts from the next connection on.
 *
 * As Open vSwitch itself does, it asks that the authority has signed the server's certificate, not that this bears the
 * server's name: ovs-pki gives certificates names of its own. Source: ovs-vsctl(8), "--ca-cert".
 *
 * @throws {PortStatusError} CONFIG or RIGHTS where a file can not be read or used.
 */
export async function connectTls(host: string, port: number, files: TlsFiles): Promise<TLSSocket> {
  const [key, cert, ca] = await Promise.all([
    readPem('switch.privateKey', files.privateKey),
    readPem('switch.certificate', files.certificate),
    readPem('switch.caCert', files.caCert),
  ]);
  try {
    return connect({ host, port, key, cert, ca, checkServerIdentity: () => undefined });
  } catch (cause) {
    throw new PortStatusError(
      'CONFIG',
      `key and certificates cannot be used (${codeOf(cause)}); check that switch.privateKey, switch.certificate and switch.caCert are PEM files that fit together`,
      { cause },
    );
  }
}

/** What a failure means that comes from TLS, before or after the connection opened; undefined where it comes from elsewhere. */
export function explainTlsFailure(cause: unknown): PortStatusError | undefined {
  const code = codeOf(cause);
  if (isRefusedByUs(code)) {
    return new PortStatusError(
      'RIGHTS',
      `the certificate of Open vSwitch's database is refused (${code}); check that switch.caCert is the authority that signed it, and that it has not expired`,
      { cause },
    );
  }
  if (!code.startsWith('ERR_SSL_')) return undefined;
  return new PortStatusError(
    'RIGHTS',
    `Open vSwitch's database refuses the TLS connection (${code}); check that the authority it trusts has signed switch.certificate, and that its remote is pssl:`,
    { cause },
  );
}

/** OpenSSL's verdicts on a certificate, as Node spells them. */
function isRefusedByUs(code: string): boolean {
  return /^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|INVALID_CA|HOSTNAME_MISMATCH)/.test(code);
}

async function readPem(option: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    const code = codeOf(cause);
    throw new PortStatusError(
      code === 'EACCES' || code === 'EPERM' ? 'RIGHTS' : 'CONFIG',
      `${option}: ${path} cannot be read (${code}); check the path and who may read it`,
      { cause },
    );
  }
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string'
    ? cause.code
    : String(cause);
}

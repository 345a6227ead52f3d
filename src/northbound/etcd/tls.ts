import { readFileSync } from 'node:fs';
import { buildConnector } from 'undici';
import { PortStatusError } from '../../domain/errors.js';
import { codeOf } from './faults.js';

/** PEM files of a TLS connection; each is read anew for every connection, so that a renewed one counts. */
export interface TlsFiles {
  /** The authority that must have signed the servers' certificates. Default: those that Node trusts. */
  readonly caFile?: string | undefined;
  /** Our own certificate and its key, where the servers ask for one. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** How long a connection may take to come about. */
const CONNECT_MS = 1500;

/** Makes connections, over TLS where files are given. */
export function connectorOf(files: TlsFiles | undefined): buildConnector.connector {
  if (files === undefined) return buildConnector({ timeout: CONNECT_MS });
  return (options, callback) => {
    try {
      buildConnector({ timeout: CONNECT_MS, ...readAll(files) })(options, callback);
    } catch (error) {
      callback(error as Error, null);
    }
  };
}

function readAll({ caFile, certFile, keyFile }: TlsFiles): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  return {
    ...(caFile === undefined ? {} : { ca: readPem('northbound.caFile', caFile) }),
    ...(certFile === undefined ? {} : { cert: readPem('northbound.certFile', certFile) }),
    ...(keyFile === undefined ? {} : { key: readPem('northbound.keyFile', keyFile) }),
  };
}

function readPem(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new PortStatusError(
      'CONFIG',
      `${option}: ${path} can not be read (${codeOf(cause)}); check the path and who may read it`,
      { cause },
    );
  }
}

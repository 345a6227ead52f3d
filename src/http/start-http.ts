import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { PortStatusError } from '../domain/errors.js';
import { parseListenAddress } from '../runtime/listen-address.js';
import type { ListenAddress } from '../runtime/listen-address.js';
import { answer } from './answer.js';
import type { Served } from './answer.js';

/** The options `http.*`. */
export interface HttpOptions extends Served {
  /** An address and port, or `off`. */
  readonly listen: string;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

export interface HttpEndpoint {
  /** Where it listens, such as `127.0.0.1:9690`; undefined where it is off. */
  readonly address: string | undefined;
  /** Ends all connections. Idempotent. */
  close(): Promise<void>;
}

/** Requests are small: whoever needs longer or more is not one of ours. */
const LIMITS = {
  requestTimeout: 5000,
  headersTimeout: 5000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 8192,
} as const;
const MAX_CONNECTIONS = 64;

/**
 * Serves `/metrics`, `/healthz`, `/readyz` and, where it has sources, the API, until it is closed.
 *
 * @throws {PortStatusError} CONFIG when `listen` is no address, is in use or may not be listened on, when other machines
 *   reach it and there is no token and certificate, or when a certificate or key can not be read.
 */
export async function startHttp({
  listen,
  certFile,
  keyFile,
  ...served
}: HttpOptions): Promise<HttpEndpoint> {
  if (listen === 'off') return { address: undefined, close: async () => undefined };
  const where = parseListenAddress(listen);
  if (where === undefined) throw cannotListen(listen, 'is no address and port');
  const isTls = certFile !== undefined && keyFile !== undefined;
  if (!where.isLoopback && !(isTls && served.token !== undefined))
    throw cannotListen(listen, 'is reached by other machines, and there is no token or certificate');
  const respond: RequestListener = (request, response) => void answer(request, response, served);
  const server = isTls ? createTlsServerOf({ certFile, keyFile }, respond) : createServer(LIMITS, respond);
  server.maxConnections = MAX_CONNECTIONS;
  await startListening(server, where, listen);
  const address = addressOf(server);
  served.logger.info({ event: 'http.listening', address }, 'serving metrics and health');
  return { address, close: () => closeServer(server) };
}

function startListening(server: Server, { host, port }: ListenAddress, listen: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = ({ code }: NodeJS.ErrnoException): void => {
      reject(cannotListen(listen, code === 'EADDRINUSE' ? 'is in use' : `is refused (${String(code)})`));
    };
    server.once('error', fail);
    server.listen({ host, port }, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

function createTlsServerOf(
  { certFile, keyFile }: Readonly<Record<'certFile' | 'keyFile', string>>,
  respond: RequestListener,
): Server {
  const [cert, key] = [read('http.certFile', certFile), read('http.keyFile', keyFile)];
  try {
    return createTlsServer({ ...LIMITS, cert, key }, respond);
  } catch (error) {
    throw cannotRead('http.certFile and http.keyFile', error);
  }
}

function read(option: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw cannotRead(option, error);
  }
}

function cannotRead(option: string, cause: unknown): PortStatusError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new PortStatusError(
    'CONFIG',
    `${option}: ${why}; name PEM files that belong together and may be read`,
    {
      cause,
    },
  );
}

function cannotListen(listen: string, why: string): PortStatusError {
  return new PortStatusError('CONFIG', `http.listen: ${listen} ${why}; choose another address or off`);
}

function addressOf(server: Server): string {
  const { address, family, port } = server.address() as AddressInfo;
  return family === 'IPv6' ? `[${address}]:${port}` : `${address}:${port}`;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // An error here says that it is closed already.
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { PortStatusError } from '../domain/errors.js';
import { parseListenAddress } from '../runtime/listen-address.js';
import type { ListenAddress } from '../runtime/listen-address.js';
import type { Logger } from '../runtime/logger.js';
import { answer } from './answer.js';
import type { Served } from './answer.js';

export interface HttpOptions {
  /** The option `http.listen`: a loopback address and port, or `off`. */
  readonly listen: string;
  readonly registry: Pick<Registry, 'metrics' | 'contentType'>;
  /** What has to hold for this process to do its work; asked anew for each `/readyz`. */
  readonly checks: Served['checks'];
  readonly logger: Logger;
}

export interface HttpEndpoint {
  /** Where it listens, such as `127.0.0.1:9690`; undefined where it is off. */
  readonly address: string | undefined;
  /** Ends all connections. Idempotent. */
  close(): Promise<void>;
}

/** Requests are small and come from this machine: whoever needs longer or more is not one of ours. */
const LIMITS = {
  requestTimeout: 5000,
  headersTimeout: 5000,
  keepAliveTimeout: 5000,
  connectionsCheckingInterval: 1000,
  maxHeaderSize: 8192,
} as const;
const MAX_CONNECTIONS = 64;

/**
 * Serves `/metrics`, `/healthz` and `/readyz`, until it is closed.
 *
 * @throws {PortStatusError} CONFIG when `listen` is no address of ours, is in use or may not be listened on.
 */
export async function startHttp({ listen, ...served }: HttpOptions): Promise<HttpEndpoint> {
  if (listen === 'off') return { address: undefined, close: async () => undefined };
  const where = parseListenAddress(listen);
  if (where === undefined) throw cannotListen(listen, 'is not a loopback address and port');
  const server = createServer(LIMITS, (request, response) => void answer(request, response, served));
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

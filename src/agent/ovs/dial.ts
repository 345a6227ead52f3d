import { connect } from 'node:net';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { PortStatusError } from '../../domain/errors.js';
import type { Clock } from '../../runtime/clock.js';
import type { OvsAddress } from './address.js';
import { checkTlsFiles, connectTls, explainTlsFailure } from './tls.js';
import type { SomeTlsFiles } from './tls.js';

/**
 * Opens a stream of bytes to an OVSDB server. Injected, so that a test can put its own server at the other end.
 *
 * @throws {PortStatusError} RIGHTS when the socket may not be opened or a certificate is refused, CONFIG when a file of
 *   TLS is missing, UNAVAILABLE when nobody answers. The signal's reason when it is aborted first.
 */
export type Dial = (address: OvsAddress, options: { readonly signal: AbortSignal }) => Promise<Duplex>;

/** Dials over the machine's sockets. @param files for an `ssl:` address. */
export function createDial(files: SomeTlsFiles): Dial {
  return async (address, { signal }) => {
    signal.throwIfAborted();
    const socket = await begin(address, files);
    await opened(socket, address, signal);
    return socket;
  };
}

async function begin(address: OvsAddress, files: SomeTlsFiles): Promise<Socket> {
  switch (address.kind) {
    case 'unix':
      return connect(address.path);
    case 'tcp':
      return connect(address.port, address.host);
    case 'ssl':
      return connectTls(address.host, address.port, checkTlsFiles(files));
  }
}

async function opened(socket: Socket, address: OvsAddress, signal: AbortSignal): Promise<void> {
  const giveUp = (): void => void socket.destroy(signal.reason as Error);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(address.kind === 'ssl' ? 'secureConnect' : 'connect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed before it opened')));
    });
  } catch (cause) {
    signal.throwIfAborted();
    throw asDialFailure(address, cause);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

/** Dials, and gives up after `limitMs`: a host that is switched off does not even refuse. @throws as `Dial`. */
export async function dialInTime(
  dial: Dial,
  address: OvsAddress,
  {
    clock,
    limitMs,
    signal,
  }: { readonly clock: Clock; readonly limitMs: number; readonly signal: AbortSignal },
): Promise<Duplex> {
  const late = new AbortController();
  const done = new AbortController();
  const timing = clock.sleep(limitMs, { signal: done.signal }).then(
    () => late.abort(tooLate(address, limitMs)),
    () => undefined,
  );
  try {
    return await dial(address, { signal: AbortSignal.any([signal, late.signal]) });
  } finally {
    done.abort();
    await timing;
  }
}

/** Says what a failed `connect` means to the operator. */
export function asDialFailure(address: OvsAddress, cause: unknown): PortStatusError {
  const code = codeOf(cause);
  const place = placeOf(address);
  if (code === 'EACCES' || code === 'EPERM') {
    return new PortStatusError(
      'RIGHTS',
      `Open vSwitch's database ${place} cannot be opened: permission denied; add the user to the group of Open vSwitch's socket, or run as root`,
      { cause },
    );
  }
  const tlsFailure = explainTlsFailure(cause);
  if (tlsFailure !== undefined) return tlsFailure;
  return new PortStatusError('UNAVAILABLE', `${place} cannot be opened (${code}); check the address`, {
    cause,
  });
}

function tooLate(address: OvsAddress, limitMs: number): PortStatusError {
  return new PortStatusError(
    'UNAVAILABLE',
    `${placeOf(address)} could not be opened within ${limitMs} ms; check the address and the network`,
  );
}

function placeOf(address: OvsAddress): string {
  return address.kind === 'unix' ? address.path : `${address.kind}:${address.host}:${address.port}`;
}

function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause && typeof cause.code === 'string'
    ? cause.code
    : String(cause);
}

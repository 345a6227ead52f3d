import { readFile } from 'node:fs/promises';
import { Agent } from 'undici';
import { PortStatusError } from '../domain/errors.js';
import type { Clock } from '../runtime/clock.js';
import { HttpClient, reasonOf } from '../runtime/http-client.js';
import type { NovaOptions } from './options.js';

/** The longest answer that is read; Keystone's catalog of a large cloud has some 100 kB. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/**
 * Makes the client; connections are opened when they are needed.
 *
 * @throws {PortStatusError} CONFIG when `cafile` cannot be read.
 */
export async function openHttpClient(
  options: Pick<NovaOptions, 'cafile' | 'insecure'>,
  clock: Clock,
  timeoutMs: number,
): Promise<HttpClient> {
  const ca = options.cafile === undefined ? {} : { ca: await readCertificates(options.cafile) };
  const connect = { ...ca, rejectUnauthorized: options.insecure !== true };
  return new HttpClient(new Agent({ connect, maxResponseSize: MAX_ANSWER_BYTES }), clock, timeoutMs);
}

async function readCertificates(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new PortStatusError(
      'CONFIG',
      `nova.cafile ${file} cannot be read (${reasonOf(error)}); correct the path or its permissions`,
      { cause: error },
    );
  }
}

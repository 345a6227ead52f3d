import { resolve } from 'node:path';
import { PortStatusError } from '../domain/errors.js';
import { remainsInEtcd } from './etcd/destroy.js';
import { etcdOptions, isEtcdUrl } from './etcd/open.js';
import type { OpenOptions } from './open-options.js';
import { URL_FORMS } from './open.js';
import { remainsInRedis } from './redis/destroy.js';
import { isRedisUrl, redisOptions } from './redis/open.js';
import type { Remains } from './remains.js';
import { destroyFile, tracesOf } from './sqlite/destroy.js';

/**
 * Finds the northbound data that a URL names. Changes nothing before `destroy`.
 *
 * @throws {PortStatusError} CONFIG when the URL names no engine that stores something; UNAVAILABLE, RIGHTS when a database
 *   on the network does not answer.
 */
export async function remainsOf(url: string, options: OpenOptions): Promise<Remains> {
  if (isRedisUrl(url)) return remainsInRedis(url, redisOptions(options));
  if (isEtcdUrl(url)) return remainsInEtcd(url, etcdOptions(options));
  const [, file] = /^sqlite:(.+)$/.exec(url) ?? [];
  if (file === undefined) {
    throw new PortStatusError(
      'CONFIG',
      `northbound.url names no data that could be removed; write ${URL_FORMS}`,
    );
  }
  const path = resolve(file);
  const traces = tracesOf(path);
  return { hasData: traces.includes(path), traces, destroy: async () => destroyFile(path, options) };
}

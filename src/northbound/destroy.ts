import { resolve } from 'node:path';
import { PortStatusError } from '../domain/errors.js';
import { remainsInEtcd } from './etcd/destroy.js';
import { etcdOptions, isEtcdUrl } from './etcd/open.js';
import { isRedisUrl, redisOptions, URL_FORMS } from './open.js';
import type { OpenOptions } from './open.js';
import { remainsInRedis } from './redis/destroy.js';
import { destroyFile, tracesOf } from './sqlite/destroy.js';

/** The data that a URL names, for whoever wants to be rid of it. */
export interface Remains {
  /** Whether the data itself is there; else only what a crash has left of it, if anything. */
  readonly hasData: boolean;
  /** What is there, each in words that an operator can look up: paths, for a file; keys, for Redis and etcd. */
  readonly traces: readonly string[];
  /**
   * Removes all of it, for good. Nobody may be using it: ask `listeners` and `chassis` first. After a crash half-way,
   * doing it again removes the rest; where nothing is there, nothing happens.
   *
   * @throws {PortStatusError} LAYOUT when it is not ours, UNAVAILABLE when it can not be removed.
   */
  destroy(): Promise<void>;
}

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

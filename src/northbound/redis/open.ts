import { silentLogger } from '../../runtime/logger.js';
import { createMetrics } from '../../runtime/metrics.js';
import type { OpenOptions } from '../open-options.js';
import { RedisNorthbound } from './redis-northbound.js';
import type { RedisNorthboundOptions } from './redis-northbound.js';

/** Whether the redis engine is meant. */
export function isRedisUrl(url: string): boolean {
  return /^rediss?(\+sentinel)?:/.test(url);
}

/** @throws {PortStatusError} CONFIG when the URL is none of Redis'. */
export function openRedis(url: string, options: OpenOptions): RedisNorthbound {
  return new RedisNorthbound(url, redisOptions(options));
}

export function redisOptions(options: OpenOptions): RedisNorthboundOptions {
  const { clock, random, caFile, certFile, keyFile } = options;
  const { namespace = 'port-status', isReadOnly = false } = options;
  const { logger = silentLogger, metrics = createMetrics() } = options;
  return { clock, random, caFile, certFile, keyFile, namespace, isReadOnly, logger, metrics };
}

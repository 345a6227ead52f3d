import type { OpenOptions } from '../open-options.js';
import { parseAddress } from './address.js';
import { EtcdNorthbound } from './etcd-northbound.js';
import type { EtcdNorthboundOptions } from './etcd-northbound.js';

/** Whether the etcd engine is meant. */
export function isEtcdUrl(url: string): boolean {
  return /^etcds?:/.test(url);
}

/** @throws {PortStatusError} CONFIG when the URL is none of etcd's. */
export function openEtcd(url: string, options: OpenOptions): EtcdNorthbound {
  return new EtcdNorthbound(parseAddress(url), etcdOptions(options));
}

export function etcdOptions(options: OpenOptions): EtcdNorthboundOptions {
  const { namespace = 'port-status', caFile, certFile, keyFile } = options;
  return { ...options, namespace, tls: { caFile, certFile, keyFile } };
}

import { isIPv4, isIPv6 } from 'node:net';

/** Where to listen for HTTP. */
export interface ListenAddress {
  /** An address or name, without brackets. */
  readonly host: string;
  /** Whether only this machine can reach it. */
  readonly isLoopback: boolean;
  /** 0: any free port. */
  readonly port: number;
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|::1|localhost)$/;

/** Reads `127.0.0.1:9690`, `[::1]:9690`, `localhost:9690` or `0.0.0.0:9690`; undefined for what is no address and port. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const [, inBrackets, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = inBrackets ?? plain;
  const isAddress =
    inBrackets === undefined ? host === 'localhost' || isIPv4(host ?? '') : isIPv6(inBrackets);
  if (host === undefined || !isAddress || Number(port) > 65_535) return undefined;
  return { host, port: Number(port), isLoopback: LOOPBACK.test(host) };
}

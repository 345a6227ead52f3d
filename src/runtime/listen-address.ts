/** Where to listen for HTTP. */
export interface ListenAddress {
  /** A loopback address or name, without brackets. */
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

/**
 * Reads `127.0.0.1:9690`, `[::1]:9690` or `localhost:9690`; undefined for everything else.
 *
 * Loopback only: nothing that we serve asks who calls.
 */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const [, host, port] = /^(127(?:\.\d{1,3}){3}|\[::1\]|localhost):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) return undefined;
  return { host: host.replace(/[[\]]/g, ''), port: Number(port) };
}

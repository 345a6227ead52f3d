import { PortStatusError } from '../../domain/errors.js';

/** Where an OVSDB server listens. */
export type OvsAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp' | 'ssl'; readonly host: string; readonly port: number };

const FORMS = 'unix:/path/to/db.sock, tcp:host:port or ssl:host:port';

/**
 * Reads an address in Open vSwitch's own spelling: `unix:/var/run/openvswitch/db.sock`, `tcp:127.0.0.1:6640`,
 * `tcp:[::1]:6640`, `ssl:10.0.0.7:6640`.
 *
 * @throws {PortStatusError} CONFIG, naming the forms that are known.
 */
export function parseOvsAddress(text: string): OvsAddress {
  if (text.startsWith('unix:') && text.length > 'unix:'.length) {
    return { kind: 'unix', path: text.slice('unix:'.length) };
  }
  const [, kind, bracketed, plain, digits] =
    /^(tcp|ssl):(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new PortStatusError(
      'CONFIG',
      `address ${JSON.stringify(text)}: it is not an address of OVSDB; write ${FORMS}`,
    );
  }
  return { kind: kind === 'ssl' ? 'ssl' : 'tcp', host, port };
}

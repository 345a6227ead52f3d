import { PortStatusError } from '../../domain/errors.js';

/** Where an OVSDB server listens. */
export type OvsAddress =
  | { readonly kind: 'unix'; readonly path: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

const FORMS = 'unix:/path/to/db.sock or tcp:host:port';

/**
 * Reads an address in Open vSwitch's own spelling: `unix:/var/run/openvswitch/db.sock`, `tcp:127.0.0.1:6640`,
 * `tcp:[::1]:6640`.
 *
 * @throws {PortStatusError} CONFIG, naming the forms that are known.
 */
export function parseOvsAddress(text: string): OvsAddress {
  if (text.startsWith('unix:') && text.length > 'unix:'.length) {
    return { kind: 'unix', path: text.slice('unix:'.length) };
  }
  if (text.startsWith('ssl:')) throw refusal(text, 'ssl is not supported yet');
  const [, bracketed, plain, digits] = /^tcp:(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) throw refusal(text, 'it is not an address of OVSDB');
  return { kind: 'tcp', host, port };
}

function refusal(text: string, why: string): PortStatusError {
  return new PortStatusError('CONFIG', `address ${JSON.stringify(text)}: ${why}; write ${FORMS}`);
}

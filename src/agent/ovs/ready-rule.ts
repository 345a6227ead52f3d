import { PortStatusError } from '../../domain/errors.js';
import type { InterfaceRow, PortRow } from './rows.js';

/**
 * How the controller that wires ports says that it is done with one.
 *
 * - tag: it gives the Port row a VLAN tag other than 4095, as neutron-openvswitch-agent does.
 * - external-id: it sets a key of the Interface's `external_ids` to a value.
 * - ofport: nothing is left to be wired once the switch has opened the device.
 */
export type ReadyRule =
  | { readonly kind: 'tag' }
  | { readonly kind: 'external-id'; readonly key: string; readonly value: string }
  | { readonly kind: 'ofport' };

/** neutron-openvswitch-agent puts a port whose wiring failed, or is not done, on this VLAN. */
export const DEAD_VLAN = 4095;

/**
 * Reads a rule as it stands in the configuration: `tag`, `external-id:<key>=<value>` or `ofport`.
 *
 * @throws {PortStatusError} CONFIG, naming the three forms.
 */
export function parseReadyRule(text: string): ReadyRule {
  if (text === 'tag' || text === 'ofport') return { kind: text };
  const [, key, value] = /^external-id:([^=]+)=(.+)$/s.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return { kind: 'external-id', key, value };
  throw new PortStatusError(
    'CONFIG',
    `ready rule ${JSON.stringify(text)} is not known; write "tag", "external-id:<key>=<value>" or "ofport"`,
  );
}

/** Why the rule is not met, in words, or undefined where it is. */
export function whyNotReady(
  rule: ReadyRule,
  { external_ids }: Pick<InterfaceRow, 'external_ids'>,
  { tag }: Pick<PortRow, 'tag'>,
): string | undefined {
  switch (rule.kind) {
    case 'ofport':
      return undefined;
    case 'tag':
      return tag === undefined ? 'tag is not set' : tag === DEAD_VLAN ? 'tag is 4095 (dead VLAN)' : undefined;
    case 'external-id':
      return whyNotMarked(rule, external_ids.get(rule.key));
  }
}

function whyNotMarked(
  { key, value }: { readonly key: string; readonly value: string },
  found: string | undefined,
): string | undefined {
  if (found === value) return undefined;
  return found === undefined
    ? `external_ids:${key} is not set`
    : `external_ids:${key} is ${JSON.stringify(found)}, not ${JSON.stringify(value)}`;
}

import { isUuid } from '../../domain/report.js';
import type { Sighting } from '../../domain/report.js';
import type { SwitchPort } from '../port-source.js';
import { whyNotReady } from './ready-rule.js';
import type { ReadyRule } from './ready-rule.js';
import type { InterfaceRow, PortRow } from './rows.js';

/** How the rows of the switch are read. */
export interface PortRules {
  /** The integration bridge, default `br-int`. Interfaces of other bridges are left alone. */
  readonly bridge: string;
  readonly ready: ReadyRule;
  /**
   * Whether a port needs carrier to be online, default no: a tap has none until the guest opens it, and Nova may hold
   * the guest until it hears of the port.
   */
  readonly requireLink: boolean;
  /**
   * How long an interface that the switch can not open (`ofport` -1 and an error) is DOWN before it is ERROR, in
   * milliseconds; absent: for ever.
   */
  readonly failAfterMs?: number | undefined;
}

/** What one Interface row says of its logical port. */
export interface RowPort extends SwitchPort {
  /** True where it only repeats what was so before the switch's database started. */
  readonly isUnconfirmed?: boolean;
}

/** The logical port that an Interface row belongs to. */
export type Owner =
  | { readonly kind: 'port'; readonly portId: string }
  /** `iface-id` is there and no UUID: another controller's, left alone. */
  | { readonly kind: 'foreign'; readonly ifaceId: string }
  | { readonly kind: 'nobody' };

/** Reads `external_ids:iface-id`; a UUID may be written in any case. */
export function ownerOf({ external_ids }: Pick<InterfaceRow, 'external_ids'>): Owner {
  const ifaceId = external_ids.get('iface-id');
  if (ifaceId === undefined) return { kind: 'nobody' };
  const portId = ifaceId.toLowerCase();
  return isUuid(portId) ? { kind: 'port', portId } : { kind: 'foreign', ifaceId };
}

/**
 * What one Interface row says of its logical port now.
 *
 * Whatever keeps it from being online makes it DOWN, also an error of the switch: ERROR would make Nova fail the boot at
 * once, while a device that is missing now often appears a moment later.
 *
 * @param attachment the row's UUID: a port that is plugged again gets a new row.
 * @param isLasting whether the interface `isFailing` for so long that it counts as ERROR.
 */
export function describePort(
  portId: string,
  attachment: string,
  iface: InterfaceRow,
  port: Pick<PortRow, 'tag'>,
  rules: PortRules,
  isLasting = false,
): SwitchPort {
  const detail = whyNotOnline(iface, port, rules);
  return {
    portId,
    attachment,
    status: detail === undefined ? 'ACTIVE' : isLasting ? 'ERROR' : 'DOWN',
    instance: iface.external_ids.get('vm-uuid'),
    seen: describeSighting(iface, detail),
  };
}

/** Whether the switch tried to open the interface's device and could not. */
export function isFailing({ ofport, error }: Pick<InterfaceRow, 'ofport' | 'error'>): boolean {
  return ofport === -1 && error !== undefined;
}

/**
 * Of several rows with one `iface-id`, the one that counts: one that is online, else one that is not confirmed and may
 * be, else the greatest UUID.
 */
export function choosePort(rows: Iterable<RowPort>): RowPort | undefined {
  let chosen: RowPort | undefined;
  for (const row of rows) if (chosen === undefined || outranks(row, chosen)) chosen = row;
  return chosen;
}

/** A port that no row of the bridge belongs to any more: DOWN, with what it last had. */
export function describeGone({ portId, attachment, instance, seen }: SwitchPort, bridge: string): SwitchPort {
  const detail = `no interface of bridge ${bridge} has this iface-id any more`;
  return {
    portId,
    attachment,
    status: 'DOWN',
    isGone: true,
    instance,
    seen: { device: seen?.device, isGone: true, detail },
  };
}

/**
 * Whether the later state of a port says anything new. A link that goes up or down does not, nor do other
 * `external_ids`: they decide nothing, and each would cost a report.
 */
export function isNews(before: SwitchPort | undefined, after: SwitchPort): boolean {
  return (
    before?.status !== after.status ||
    before.attachment !== after.attachment ||
    before.instance !== after.instance ||
    before.seen?.detail !== after.seen?.detail
  );
}

/** What keeps a port from being online, in words, or undefined where nothing does. */
function whyNotOnline(
  iface: InterfaceRow,
  port: Pick<PortRow, 'tag'>,
  { ready, requireLink }: PortRules,
): string | undefined {
  const { ofport, error, link_state } = iface;
  if (error !== undefined) return error;
  if (ofport === undefined) return 'no ofport: the switch has not opened the device yet';
  if (ofport <= 0) return `ofport is ${ofport}: the switch could not open the device`;
  if (hasVanished(iface)) return 'the device has vanished from the host';
  const notReady = whyNotReady(ready, iface, port);
  if (notReady !== undefined) return `ready rule not met: ${notReady}`;
  return requireLink && link_state !== 'up'
    ? `link required: link_state is ${link_state ?? 'not known'}`
    : undefined;
}

/**
 * Seen on Open vSwitch 3.1 when a tap is deleted under it: `ifindex` 0, no `mac_in_use`, link and administrative state
 * down, while `ofport` stays and no error is shown. A device of type dummy also has `ifindex` 0, but keeps its address.
 * Where `ifindex` is not set at all nothing has vanished: the row is not confirmed (confirmation.ts).
 */
function hasVanished({ ifindex, mac_in_use, link_state, admin_state }: InterfaceRow): boolean {
  return ifindex === 0 && mac_in_use === undefined && link_state === 'down' && admin_state === 'down';
}

function describeSighting(iface: InterfaceRow, detail: string | undefined): Sighting {
  return {
    device: iface.name,
    ofport: iface.ofport,
    linkState: iface.link_state,
    adminState: iface.admin_state,
    detail,
  };
}

function outranks(row: RowPort, other: RowPort): boolean {
  const [rank, otherRank] = [rankOf(row), rankOf(other)];
  return rank === otherRank ? row.attachment > other.attachment : rank > otherRank;
}

function rankOf({ status, isUnconfirmed }: RowPort): number {
  if (isUnconfirmed === true) return 1;
  return status === 'ACTIVE' ? 2 : 0;
}

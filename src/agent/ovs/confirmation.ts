import type { BridgeRow, InterfaceRow } from './rows.js';

/**
 * Whether ovs-vswitchd has confirmed what a row says since its database started.
 *
 * `ofport`, `error` and `tag` stand in the database's file and survive a restart of it and of the host; the columns that
 * are looked at here are ephemeral, and ovs-vswitchd fills them when it has (re)opened the bridge and the device. Seen on
 * Open vSwitch 3.1: `datapath_id` first, the columns of the interfaces with it or one update later. A row without `ofport`
 * was never opened, and one with -1 has nothing to fill them: for these the bridge's word is enough.
 */
export function isConfirmed(iface: InterfaceRow, { datapath_id }: Pick<BridgeRow, 'datapath_id'>): boolean {
  if (datapath_id === undefined) return false;
  return (iface.ofport ?? -1) <= 0 || isFilled(iface);
}

function isFilled({ ifindex, mac_in_use, link_state, admin_state }: InterfaceRow): boolean {
  return [ifindex, mac_in_use, link_state, admin_state].some((value) => value !== undefined);
}

import type { Entry, History, Judged, Port, Said } from './history.js';

/** What was done, also where the tables lost it again. */
export function whatever(entry: Entry): Entry {
  return entry.kind === 'undone' ? entry.was : entry;
}

/** Whether anybody but Neutron may write this port, for the chassis that it is bound to. */
export function isOurs({ owner, isTrunkParent, vifType, driver }: Port): boolean {
  return (
    !owner.startsWith('network:') && isTrunkParent === 0 && vifType === 'ovs' && driver === 'openvswitch'
  );
}

export function isCompute({ owner }: Pick<Port, 'owner'>): boolean {
  return owner.startsWith('compute:');
}

export function isOtherInstance(
  { device }: Port,
  said: Pick<Said | Judged, 'status' | 'instance'> | undefined,
): boolean {
  return said?.status === 'ACTIVE' && (said.instance ?? device) !== device;
}

/** What a chassis said last of a port; what it no longer has is DOWN. */
export function lastWordOf(
  port: string,
  chassis: string | null,
  entries: readonly Entry[],
): (Pick<Said, 'status' | 'instance'> & { readonly attachment?: string }) | undefined {
  const last = entries.findLast(
    (entry) =>
      (entry.kind === 'said' || entry.kind === 'gone') && entry.port === port && entry.chassis === chassis,
  );
  return last?.kind === 'gone' ? { status: 'DOWN' } : last?.kind === 'said' ? last : undefined;
}

/** DOWN of a port of which no server ever heard from that chassis, or that was absent when it did: silence is no evidence. */
export function isUnknown(
  { port, host }: Port,
  last: Pick<Said, 'status'>,
  { ledger, entries }: History,
): boolean {
  if (last.status !== 'DOWN' || ledger.some((row) => row.port === port && row.chassis === host)) return false;
  const isGone = entries.some(
    (entry) => entry.kind === 'gone' && entry.port === port && entry.chassis === host,
  );
  return isGone || entries.some((entry) => entry.kind === 'deleted' && entry.port === port);
}

export function show(value: unknown): string {
  return JSON.stringify(value);
}

import type { Session } from './session.js';
import { isNotFound } from './faults.js';

/** etcd counts in whole seconds: a ttl is rounded up. */
export function secondsOf(ttlMs: number): number {
  return Math.ceil(ttlMs / 1000);
}

/** A new lease. One that nothing hangs on ends by itself. @returns its id. */
export async function grantLease({ database, signal }: Session, seconds: number): Promise<string> {
  const call = { path: '/v3/lease/grant', body: { TTL: seconds, ID: 0 }, isRepeatable: true };
  return ((await database.gateway.call(call, signal)) as { readonly ID: string }).ID;
}

/** Lets the lease begin anew, or grants another where it has ended. @returns the id of the one that runs. */
export async function keepLease(session: Session, lease: string, seconds: number): Promise<string> {
  const { database, signal } = session;
  if (lease === '0') return grantLease(session, seconds);
  const call = { path: '/v3/lease/keepalive', body: { ID: lease }, isRepeatable: true };
  const { result } = (await database.gateway.call(call, signal)) as RawKeepAlive;
  return Number(result?.TTL ?? 0) > 0 ? lease : grantLease(session, seconds);
}

interface RawKeepAlive {
  readonly result?: { readonly TTL?: string };
}

/** Ends a lease before its time; where it is no more, nothing happens. */
export async function endLease({ database, signal }: Session, lease: string): Promise<void> {
  if (lease === '0') return;
  const call = { path: '/v3/lease/revoke', body: { ID: lease }, isRepeatable: true };
  try {
    await database.gateway.call(call, signal);
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

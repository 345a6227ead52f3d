import { PortStatusError } from '../../domain/errors.js';
import { checkName } from '../../domain/report.js';
import type { ReportKey } from '../../domain/report.js';
import type { Sources } from './sources.js';

/** What is looked at: all, one port, one chassis, or one port on one chassis. */
export interface Scope {
  readonly portId?: string | undefined;
  readonly chassis?: string | undefined;
}

/** As it was said on the command line. @throws {PortStatusError} CONFIG where the name of a chassis can be none. */
export function scopeOf({ port, host }: { port: string | undefined; host: string | undefined }): Scope {
  return {
    portId: port?.toLowerCase(),
    chassis: host === undefined ? undefined : checkName('chassis', host),
  };
}

/**
 * Looks up by their keys whether there is such a port and such a chassis.
 *
 * @throws {PortStatusError} CONFIG where nobody knows it.
 */
export async function checkScope(sources: Sources, scope: Scope, signal: AbortSignal): Promise<void> {
  const { portId, chassis } = scope;
  if (chassis !== undefined && !(await isChassis(sources, chassis, signal)))
    throw unknown(
      `no agent of ${JSON.stringify(chassis)} has registered, and the ledger has no report of it; "port-status chassis" lists those that have`,
    );
  if (portId !== undefined && !(await isPort(sources, portId, signal)))
    throw unknown(
      `port ${portId} is neither in Neutron, nor in the ledger or the northbound database; "openstack port list" lists Neutron's`,
    );
}

async function isChassis(
  { northbound, neutron, judging }: Sources,
  chassis: string,
  signal: AbortSignal,
): Promise<boolean> {
  if ((await northbound.chassis([chassis], { signal })).length > 0) return true;
  return (await neutron.sweep({ chassis, limit: 1 }, judging)).rows.length > 0;
}

async function isPort(sources: Sources, portId: string, signal: AbortSignal): Promise<boolean> {
  const { northbound, neutron, judging } = sources;
  if ((await neutron.compare([portId], judging)).ports.length > 0) return true;
  const page = { after: { portId, chassis: '' }, until: portId, limit: 1 };
  if ((await neutron.sweep(page, judging)).rows.length > 0) return true;
  const keys = await keysOfPort(sources, { portId }, signal);
  return (await northbound.lookUp(keys, { signal })).length > 0;
}

/** The keys under which reports of one port may be stored. */
export async function keysOfPort(
  { northbound }: Sources,
  { portId, chassis }: Scope & { readonly portId: string },
  signal: AbortSignal,
): Promise<readonly ReportKey[]> {
  const views = await northbound.chassis(chassis === undefined ? undefined : [chassis], { signal });
  return views.map((view) => ({ portId, chassis: view.chassis }));
}

function unknown(message: string): PortStatusError {
  return new PortStatusError('CONFIG', message);
}

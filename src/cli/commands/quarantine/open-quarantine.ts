import { printable } from '../../table.js';
import type { Neutron, Quarantined } from '../../../neutron/neutron.js';
import { keyOf } from '../../../domain/report.js';
import { Opened } from '../../../runtime/opened.js';
import { listProspects } from '../../../views/quarantine.js';
import type { ListedQuarantined } from '../../../views/quarantine.js';
import type { CommandContext } from '../../configured-command.js';
import { openNeutron } from '../../neutron-database.js';
import { openConfigured } from '../../northbound-database.js';
import { firstAnswer } from '../../startup.js';

/** The quarantine, beside what the northbound database has of the same ports. */
export interface Quarantine {
  readonly neutron: Neutron;
  /** What `find` finds in quarantine, and what can become of it. */
  readonly look: (
    find: (neutron: Neutron) => Promise<readonly Quarantined[]>,
  ) => Promise<readonly ListedQuarantined[]>;
}

/** Opens both databases, the northbound one for reading alone, lets `work` use them, and closes both. */
export async function withQuarantine<T>(
  context: Omit<CommandContext<'quarantine'>, 'flags' | 'arguments'>,
  work: (quarantine: Quarantine) => Promise<T>,
): Promise<T> {
  await using opened = new Opened();
  const neutron = opened.add(openNeutron(context));
  const northbound = opened.add(openConfigured({ ...context, isReadOnly: true }));
  return await work({
    neutron,
    look: async (find) => {
      const entries = await firstAnswer("Neutron's database", context, () => find(neutron));
      return firstAnswer('the northbound database', context, () => listProspects(northbound, entries));
    },
  });
}

/** Those of `names` under which nothing was found. */
export function notFound(names: readonly string[], found: readonly Quarantined[]): readonly string[] {
  const known = new Set(found.flatMap((entry) => [entry.portId, keyOf(entry)]));
  return names.filter((name) => !known.has(name));
}

/** A line for each of them. */
export function tellNotFound(names: readonly string[]): string {
  return names
    .map((name) => `${printable(name)}: is not in quarantine; "port-status quarantine list" shows what is\n`)
    .join('');
}

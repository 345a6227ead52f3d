import type { Neutron } from '../neutron/neutron.js';
import type { PortStory } from '../neutron/story.js';
import { Opened } from '../runtime/opened.js';
import type { CommandContext } from './configured-command.js';
import { openNeutron } from './neutron-database.js';
import { openConfigured } from './northbound-database.js';
import { firstAnswer } from './startup.js';
import { explainPorts } from '../views/explain.js';
import type { Explained } from '../views/explain.js';

/** Opens both databases for reading, asks for ports, explains them, and closes both. */
export async function explainThose(
  context: Omit<CommandContext<'port' | 'stuck'>, 'flags' | 'arguments'>,
  find: (neutron: Neutron) => Promise<readonly PortStory[]>,
): Promise<readonly Explained[]> {
  await using opened = new Opened();
  const neutron = opened.add(openNeutron(context));
  const northbound = opened.add(openConfigured({ ...context, isReadOnly: true }));
  const { heartbeatMs } = context.config.agent;
  const stories = await firstAnswer("Neutron's database", context, async () => {
    await neutron.check({ willWrite: false, keepsLedger: false });
    return find(neutron);
  });
  return await firstAnswer('the northbound database', context, () =>
    explainPorts({ neutron, northbound, heartbeatMs }, stories),
  );
}
